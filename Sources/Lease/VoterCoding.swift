import Basics
package import Wire

/// The voters' messages in bytes; `docs/leases.md` carries the schema. Decoding is total: any bytes end in a message or
/// in an error.
extension VoterRequest {
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 192)
        writer.number(1, number)
        writer.text(2, self.writer.id)
        writer.fixed(3, self.writer.instance)
        writer.nested(4) { list.encode(into: &$0) }
        writer.number(5, settledList)
        switch body {
        case .look: writer.number(6, 1)
        case .prepare(let ballot, let changesHolder, let isTrial):
            writer.number(6, 2)
            ballot.encode(7, into: &writer)
            writer.flag(8, changesHolder)
            writer.flag(9, isTrial)
        case .propose(let ballot, let row, let isRepair):
            writer.number(6, 3)
            ballot.encode(7, into: &writer)
            writer.raw(10, row.encoded())
            writer.flag(11, isRepair)
        case .recall: writer.number(6, 4)
        }
        if let secret {
            writer.fixed(12, secret.high)
            writer.fixed(13, secret.low)
        }
        return writer.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        var number: UInt64 = 0
        var writer = LeaseCandidate(id: "", instance: 0)
        var list: VoterList?
        var settledList: UInt64 = 0
        var kind: UInt64 = 0
        var ballot: Ballot?
        var changesHolder = false
        var isTrial = false
        var row: LeaseRow?
        var isRepair = false
        var secret = Nonce(high: 0, low: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: number = try field.integer()
            case 2: writer.id = try field.memberId()
            case 3: writer.instance = try field.integer()
            case 4: list = try VoterList(decoding: field)
            case 5: settledList = try field.integer()
            case 6: kind = try field.integer()
            case 7: ballot = try Ballot(decoding: field)
            case 8: changesHolder = try field.integer() != 0
            case 9: isTrial = try field.integer() != 0
            case 10: row = try LeaseRow(decoding: try field.bytes())
            case 11: isRepair = try field.integer() != 0
            case 12: secret.high = try field.integer()
            case 13: secret.low = try field.integer()
            default: break
            }
        }
        guard let list else { throw .missing(field: 4) }
        guard !writer.id.isEmpty else { throw .missing(field: 2) }
        let body: Body
        switch kind {
        case 1: body = .look
        case 2:
            guard let ballot else { throw .missing(field: 7) }
            body = .prepare(ballot, changesHolder: changesHolder, isTrial: isTrial)
        case 3:
            guard let ballot else { throw .missing(field: 7) }
            guard let row else { throw .missing(field: 10) }
            body = .propose(ballot, row, isRepair: isRepair)
        case 4: body = .recall
        default: throw .outOfRange(field: 6)
        }
        self.init(
            number: number, writer: writer, list: list, settledList: settledList, body: body,
            secret: secret == Nonce(high: 0, low: 0) ? nil : secret)
    }
}

extension VoterReply {
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 192)
        writer.number(1, number)
        writer.text(2, voter)
        switch body {
        case .state(let accepted, let promised, let epoch):
            writer.number(3, 1)
            if let accepted {
                accepted.ballot.encode(4, into: &writer)
                writer.raw(5, accepted.row.encoded())
            }
            promised.encode(6, into: &writer)
            writer.number(7, epoch)
        case .accepted(let version):
            writer.number(3, 2)
            writer.number(8, version)
        case .recalled(let epoch):
            writer.number(3, 3)
            writer.flag(9, epoch != nil)
            writer.number(7, epoch ?? 0)
        case .refused(let refusal):
            writer.number(3, 4)
            refusal.encode(into: &writer)
        }
        return writer.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        var number: UInt64 = 0
        var voter = ""
        var kind: UInt64 = 0
        var ballot: Ballot?
        var row: LeaseRow?
        var promised = Ballot.none
        var epoch: UInt64 = 0
        var version: UInt64 = 0
        var remembers = false
        var refusal: (kind: UInt64, value: UInt64) = (0, 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: number = try field.integer()
            case 2: voter = try field.memberId()
            case 3: kind = try field.integer()
            case 4: ballot = try Ballot(decoding: field)
            case 5: row = try LeaseRow(decoding: try field.bytes())
            case 6: promised = try Ballot(decoding: field)
            case 7: epoch = try field.integer(atMost: LeaseRow.highestEpoch)
            case 8: version = try field.integer()
            case 9: remembers = try field.integer() != 0
            case 10: refusal.kind = try field.integer()
            case 11: refusal.value = try field.integer()
            default: break
            }
        }
        guard !voter.isEmpty else { throw .missing(field: 2) }
        let body: Body
        switch kind {
        case 1:
            guard (ballot == nil) == (row == nil) else { throw .missing(field: 5) }
            var accepted: Accepted?
            if let ballot, let row { accepted = Accepted(ballot: ballot, row: row) }
            body = .state(accepted, promised: promised, epoch: epoch)
        case 2: body = .accepted(version: version)
        case 3: body = .recalled(epoch: remembers ? epoch : nil)
        case 4: body = .refused(try Refusal(refusal.kind, refusal.value))
        default: throw .outOfRange(field: 3)
        }
        self.init(number: number, voter: voter, body: body)
    }
}

extension VoterReply.Refusal {
    fileprivate func encode(into writer: inout Writer) {
        let (kind, value): (UInt64, UInt64) =
            switch self {
            case .ballot(let counter): (1, counter)
            case .held(let left): (2, UInt64(clamping: left.milliseconds))
            case .silent: (3, 0)
            case .hold: (4, 0)
            case .list(let number): (5, number)
            }
        writer.number(10, kind)
        writer.number(11, value)
    }

    fileprivate init(_ kind: UInt64, _ value: UInt64) throws(WireError) {
        switch kind {
        case 1: self = .ballot(value)
        case 2:
            // No voter promises more than the longest hold.
            guard value <= UInt64(clamping: LeaseRow.longestHold.milliseconds) else {
                throw .outOfRange(field: 11)
            }
            self = .held(.milliseconds(Int64(clamping: value)))
        case 3: self = .silent
        case 4: self = .hold
        case 5: self = .list(value)
        default: throw .outOfRange(field: 10)
        }
    }
}

extension Ballot {
    fileprivate func encode(_ field: UInt32, into writer: inout Writer) {
        writer.nested(field) {
            $0.number(1, counter)
            $0.fixed(2, proposer)
        }
    }

    fileprivate init(decoding field: Field) throws(WireError) {
        var reader = Reader(try field.bytes())
        self = .none
        while let field = try reader.next() {
            switch field.number {
            case 1: counter = try field.integer()
            case 2: proposer = try field.integer()
            default: break
            }
        }
    }
}

extension VoterList {
    fileprivate func encode(into writer: inout Writer) {
        writer.number(1, number)
        for voter in voters { writer.text(2, voter) }
        writer.fixed(3, predecessor)
        writer.fixed(4, hash)
    }

    fileprivate init(decoding field: Field) throws(WireError) {
        var reader = Reader(try field.bytes())
        var number: UInt64 = 0
        var voters: [String] = []
        var predecessor: UInt64 = 0
        var hash: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: number = try field.integer()
            case 2:
                guard voters.count < Self.most else { throw .tooMany(field: 2) }
                voters.append(try field.memberId())
            case 3: predecessor = try field.integer()
            case 4: hash = try field.integer()
            default: break
            }
        }
        guard let list = VoterList(number: number, voters: voters, predecessor: predecessor) else {
            throw .outOfRange(field: field.number)
        }
        // The asker's own reckoning: two programs that hash differently must not believe that they agree.
        guard list.hash == hash else { throw .outOfRange(field: 4) }
        self = list
    }
}
