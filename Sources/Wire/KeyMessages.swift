/// What one member asks of another about the keys of its ring. Keys are called by their fingerprints; one that is handed
/// over is sealed to the receiver's box besides.
package struct KeyRequest: Hashable, Sendable {
    package enum Operation: UInt8, Sendable {
        /// "Which keys have you got?"
        case look = 0
        case add = 1
        case use = 2
        case remove = 3
    }

    package var operation: Operation
    package var fingerprint: UInt64
    /// In `add` only.
    package var sealedKey: [UInt8]

    /// Bytes of a sealed key.
    package static let sealedKeyLength = 80

    package init(_ operation: Operation, fingerprint: UInt64 = 0, sealedKey: [UInt8] = []) {
        self.operation = operation
        self.fingerprint = fingerprint
        self.sealedKey = sealedKey
    }

    func encode(into writer: inout Writer) {
        writer.number(1, UInt64(operation.rawValue))
        writer.fixed(2, fingerprint)
        writer.data(3, sealedKey)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        self.init(.look)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                guard let known = Operation(rawValue: try field.integer(as: UInt8.self)) else {
                    throw .outOfRange(field: 1)
                }
                operation = known
            case 2: fingerprint = try field.integer()
            case 3:
                let bytes = try field.bytes()
                guard bytes.isEmpty || bytes.count == Self.sealedKeyLength else {
                    throw .outOfRange(field: 3)
                }
                sealedKey = Array(bytes)
            default: break
            }
        }
    }
}

/// The answer: what became of it, and the ring as it is now.
package struct KeyReply: Hashable, Sendable {
    package enum Outcome: UInt8, Sendable {
        case done = 0
        /// The ring has as many keys as it may have.
        case full = 1
        /// The key that is to be used is not in the ring.
        case missing = 2
        /// The key that is to be removed seals.
        case sealing = 3
        /// The sealed key was not readable, or was not the one that was named.
        case unreadable = 4
    }

    package var outcome: Outcome
    /// The fingerprints of the ring; the first seals.
    package var ring: [UInt64]
    /// The public key to which whoever answers wants a key sealed.
    package var box: [UInt8]

    package static let mostKeys = 8
    package static let boxLength = 32

    package init(_ outcome: Outcome, ring: [UInt64], box: [UInt8]) {
        self.outcome = outcome
        self.ring = ring
        self.box = box
    }

    func encode(into writer: inout Writer) {
        writer.number(1, UInt64(outcome.rawValue))
        for fingerprint in ring { writer.fixed(2, fingerprint) }
        writer.data(3, box)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        self.init(.done, ring: [], box: [])
        while let field = try reader.next() {
            switch field.number {
            case 1: outcome = Outcome(rawValue: try field.integer(as: UInt8.self)) ?? .unreadable
            case 2:
                guard ring.count < Self.mostKeys else { throw .tooMany(field: 2) }
                let fingerprint: UInt64 = try field.integer()
                guard fingerprint != 0 else { throw .outOfRange(field: 2) }
                ring.append(fingerprint)
            case 3:
                let bytes = try field.bytes()
                guard bytes.count == Self.boxLength else { throw .outOfRange(field: 3) }
                box = Array(bytes)
            default: break
            }
        }
    }
}
