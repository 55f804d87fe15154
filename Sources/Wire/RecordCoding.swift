import Basics

extension Identity {
    func encode(into writer: inout Writer) {
        writer.text(1, id)
        writer.fixed(2, generation)
        writer.fixed(3, nonce)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        self.init(id: "", generation: 0, nonce: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try field.text(longest: Identity.longestId)
            case 2: generation = try field.integer()
            case 3: nonce = try field.integer()
            default: break
            }
        }
        guard Identity.isValidId(id) else { throw .outOfRange(field: 1) }
    }
}

extension MemberRecord {
    /// The record as bytes, to be embedded in a message.
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 128)
        writer.nested(1) { identity.encode(into: &$0) }
        writer.number(2, incarnation)
        writer.number(3, UInt64(status.rawValue))
        if let attributes {
            writer.data(4, attributes.address.bytes)
            writer.number(5, UInt64(attributes.address.port))
            writer.text(6, attributes.name)
            for tag in attributes.tags {
                writer.nested(7) {
                    $0.text(1, tag.key)
                    $0.text(2, tag.value)
                    $0.number(3, tag.version)
                }
            }
            for seat in attributes.seats { writer.nested(8) { seat.encode(into: &$0) } }
            writer.number(9, attributes.version)
        }
        writer.text(10, accuser)
        writer.number(11, UInt64(evidence.rawValue))
        return writer.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        // What fits no datagram could not be passed on.
        guard bytes.count <= RecordLimit.longestRead else { throw .tooLong }
        var reader = Reader(bytes)
        var identity: Identity?
        var addressBytes: ArraySlice<UInt8>?
        var port: UInt16 = 0
        var attributes = Attributes(address: .loopback(port: 0))
        var status = Status.alive
        var incarnation: UInt64 = 0
        var accuser = ""
        var evidence = Evidence.none
        while let field = try reader.next() {
            switch field.number {
            case 1: identity = try Identity(decoding: try field.bytes())
            case 2: incarnation = try field.integer()
            case 3:
                guard let known = Status(rawValue: try field.integer(as: UInt8.self)) else {
                    throw .outOfRange(field: 3)
                }
                status = known
            case 4: addressBytes = try field.bytes()
            case 5: port = try field.integer(as: UInt16.self)
            case 6: attributes.name = try field.label(longest: RecordLimit.nameBytes)
            case 7: try attributes.appendTag(field)
            case 8: try attributes.appendSeat(field)
            case 9: attributes.version = try field.integer()
            case 10: accuser = try field.label(longest: Identity.longestId)
            case 11: evidence = Evidence(rawValue: try field.integer(as: UInt8.self)) ?? .none
            default: break
            }
        }
        guard let identity else { throw .missing(field: 1) }
        guard incarnation < RecordLimit.numbersEnd else { throw .outOfRange(field: 2) }
        guard attributes.version < RecordLimit.numbersEnd else { throw .outOfRange(field: 9) }
        if let addressBytes {
            guard let address = Address(bytes: Array(addressBytes), port: port), address.namesHost else {
                throw .outOfRange(field: 4)
            }
            attributes.address = address
        }
        self.init(
            identity: identity, incarnation: incarnation, status: status,
            attributes: addressBytes == nil ? nil : attributes, accuser: accuser, evidence: evidence)
        // Nor could what grows beyond that when others judge it.
        guard addressBytes == nil || bytes.count <= RecordLimit.surelySmall || isSmallEnough else {
            throw .tooLong
        }
    }

    /// Whether the record, as its owner writes it, fits a datagram however its numbers may grow: what a seat goes
    /// through must never be too much to tell, and others add their verdict.
    package var isSmallEnough: Bool {
        var largest = MemberRecord(
            identity: identity, incarnation: 1 << 61, status: .alive, attributes: attributes)
        largest.attributes?.version = 1 << 61
        for index in attributes?.seats.indices ?? 0..<0 { largest.attributes?.seats[index].growToLargest() }
        return largest.encoded().count <= RecordLimit.encodedBytes
    }
}

extension Attributes {
    fileprivate mutating func appendTag(_ field: Field) throws(WireError) {
        guard tags.count < RecordLimit.tags else { throw .tooMany(field: field.number) }
        var reader = Reader(try field.bytes())
        var tag = Tag(key: "", value: "")
        while let part = try reader.next() {
            switch part.number {
            case 1: tag.key = try part.text(longest: RecordLimit.tagKeyBytes)
            case 2: tag.value = try part.text(longest: RecordLimit.tagValueBytes)
            case 3: tag.version = try part.integer()
            default: break
            }
        }
        guard Name.isValid(tag.key, longest: RecordLimit.tagKeyBytes), !tag.value.utf8.contains(0),
            tag.version < RecordLimit.numbersEnd,
            !tags.contains(where: { $0.key == tag.key })
        else { throw .outOfRange(field: field.number) }
        tags.append(tag)
    }

    fileprivate mutating func appendSeat(_ field: Field) throws(WireError) {
        guard seats.count < RecordLimit.seats else { throw .tooMany(field: field.number) }
        let seat = try SeatRecord(decoding: try field.bytes())
        guard !seats.contains(where: { $0.role == seat.role }) else {
            throw .outOfRange(field: field.number)
        }
        seats.append(seat)
    }
}
