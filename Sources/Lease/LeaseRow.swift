package import Basics
package import Wire

/// The one row that decides who leads: what the register holds, and all that it holds.
///
/// It is never deleted, and its epoch never falls: an application may fence on it for ever.
package struct LeaseRow: Hashable, Sendable {
    /// Who holds the lease; empty where its last holder gave it back.
    package var holder: String
    /// Which start of the holder: a restarted one is another.
    package var instance: UInt64
    /// The fencing token: grows with every change of the holder.
    package var epoch: UInt64
    /// Grows by one with every write.
    package var version: UInt64
    /// Fresh with every write, since a store that was rolled back may reach a version twice.
    package var nonce: Nonce
    /// How long others wait without seeing a change before they act: the writer's own setting.
    package var hold: Interval
    /// Who is next, in order.
    package var successors: [String]
    /// In a row that names `holder == target`: the one the lease was handed to. Else: the one to whom somebody wants
    /// the holder to hand it. Empty where there is none.
    package var target: String
    /// Nobody takes the lease over while this is set.
    package var paused: Bool
    /// Voters only: what the secret of the holder's guardian comes to, with which it proves that the holder is dead.
    package var will: Nonce?
    /// Where a wish was written into the row: the nonce of the last write that was none. A wish is no sign of life.
    package var wished: Nonce?

    package init(
        holder: String, instance: UInt64, epoch: UInt64, version: UInt64, nonce: Nonce, hold: Interval,
        successors: [String] = [], target: String = "", paused: Bool = false, will: Nonce? = nil,
        wished: Nonce? = nil
    ) {
        self.holder = holder
        self.instance = instance
        self.epoch = epoch
        self.version = version
        self.nonce = nonce
        self.hold = hold
        self.successors = successors
        self.target = target
        self.paused = paused
        self.will = will
        self.wished = wished
    }

    package var stamp: RowStamp { RowStamp(version: version, nonce: nonce) }

    /// What changes with every write but those of wishes: from when it stands there others count, and voters promise.
    package var mark: Mark {
        Mark(nonce: wished ?? nonce, holder: holder, instance: instance, epoch: epoch, hold: hold)
    }

    package struct Mark: Hashable, Sendable {
        var nonce: Nonce
        // A wish changes none of these; a row in which one is changed is not the same, whatever it says of itself.
        var holder: String
        var instance: UInt64
        var epoch: UInt64
        var hold: Interval
    }

    /// Tokens stay below 2^53, so that JSON carries them everywhere.
    package static let highestEpoch: UInt64 = (1 << 53) - 1
    /// The longest hold that any row may ask for: an hour.
    package static let longestHold = Interval.seconds(3600)
    package static let mostSuccessors = 64
}

extension LeaseRow {
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 128)
        encode(into: &writer)
        return writer.bytes
    }

    func encode(into writer: inout Writer) {
        writer.text(1, holder)
        writer.fixed(2, instance)
        writer.number(3, epoch)
        writer.number(4, version)
        writer.fixed(5, nonce.high)
        writer.fixed(6, nonce.low)
        writer.number(7, UInt64(clamping: hold.milliseconds))
        for successor in successors.prefix(Self.mostSuccessors) { writer.text(8, successor) }
        writer.text(9, target)
        writer.flag(10, paused)
        if let will {
            writer.fixed(11, will.high)
            writer.fixed(12, will.low)
        }
        if let wished {
            writer.fixed(13, wished.high)
            writer.fixed(14, wished.low)
        }
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        self.init(
            holder: "", instance: 0, epoch: 0, version: 0, nonce: Nonce(high: 0, low: 0), hold: .zero)
        var will = Nonce(high: 0, low: 0)
        var wished = Nonce(high: 0, low: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: holder = try field.memberId()
            case 2: instance = try field.integer()
            case 3: epoch = try field.integer(atMost: Self.highestEpoch)
            case 4: version = try field.integer()
            case 5: nonce.high = try field.integer()
            case 6: nonce.low = try field.integer()
            case 7: hold = try field.hold()
            case 8:
                guard successors.count < Self.mostSuccessors else { throw .tooMany(field: 8) }
                successors.append(try field.memberId())
            case 9: target = try field.memberId()
            case 10: paused = try field.integer() != 0
            case 11: will.high = try field.integer()
            case 12: will.low = try field.integer()
            case 13: wished.high = try field.integer()
            case 14: wished.low = try field.integer()
            default: break
            }
        }
        // Zero is left out on the wire, and is no will.
        if will != Nonce(high: 0, low: 0) { self.will = will }
        if wished != Nonce(high: 0, low: 0) { self.wished = wished }
        guard version > 0 else { throw .missing(field: 4) }
        guard hold > .zero else { throw .missing(field: 7) }
    }
}

extension Field {
    func memberId() throws(WireError) -> String {
        let id = try text(longest: Identity.longestId)
        guard Identity.isValidId(id) else { throw .outOfRange(field: number) }
        return id
    }

    func integer(atMost most: UInt64) throws(WireError) -> UInt64 {
        let value = try integer()
        guard value <= most else { throw .outOfRange(field: number) }
        return value
    }

    /// Milliseconds, an hour at most.
    func hold() throws(WireError) -> Interval {
        let most = UInt64(clamping: LeaseRow.longestHold.milliseconds)
        return .milliseconds(Int64(clamping: try integer(atMost: most)))
    }
}
