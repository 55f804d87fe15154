import Basics

/// What a proposer asks a voter about the lease of a role, or what the voter answers. The bytes mean something to the
/// room of leases only.
package struct VoterMail: Hashable, Sendable {
    package var role: String
    package var data: [UInt8]

    package init(role: String, data: [UInt8]) {
        self.role = role
        self.data = data
    }

    /// More than the largest row and the longest list of voters take.
    package static let mostBytes = 16_384

    func encode(into writer: inout Writer) {
        writer.text(1, role)
        writer.data(2, data)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(role: "", data: [])
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try field.text(longest: SeatRecord.longestRole)
            case 2:
                let found = try field.bytes()
                guard found.count <= Self.mostBytes else { throw .outOfRange(field: 2) }
                data = Array(found)
            default: break
            }
        }
        guard Name.isValid(role, longest: SeatRecord.longestRole) else { throw .outOfRange(field: 1) }
    }
}
