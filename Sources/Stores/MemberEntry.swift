import Basics

/// What a member says of itself in a store.
package struct MemberEntry: Hashable, Sendable {
    package var id: String
    /// Random, another one with each start of the member.
    package var instance: UInt64
    /// Raised with every announcement of this instance, so that others see that somebody is still there.
    package var counter: UInt64
    /// Where to ask: what its owner wrote, see `isValid`.
    package var address: String

    package init(id: String, instance: UInt64, counter: UInt64, address: String) {
        self.id = id
        self.instance = instance
        self.counter = counter
        self.address = address
    }

    /// More entries of one cluster are not read. Enough to find the rest by.
    package static let mostEntries = 1000
    package static let longestAddress = 512

    /// Whether it may stand in a store: an id as members have it, a counter that every engine holds, an address that
    /// means the same between any quotes.
    package var isValid: Bool {
        Identity.isValidId(id) && counter <= UInt64(Int64.max) && Self.isValidAddress(address)
    }

    /// 1 to 512 letters, digits and `. : [ ] , - _ % / @ +`.
    package static func isValidAddress(_ address: String) -> Bool {
        !address.isEmpty && address.utf8.count <= longestAddress
            && address.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: marks.contains(byte)
                }
            }
    }

    private static let marks = Array(".:[],-_%/@+".utf8)
}

/// As stores spell it: plain names and numbers. Whatever else stands there was not written by Muster, or by a later one,
/// and is passed over.
extension MemberEntry {
    init?(spelledId: String, instance: String, counter: String, address: String) {
        guard let id = PlainName.plain(spelledId), instance.utf8.count == 16,
            let number = UInt64(instance, radix: 16), let count = UInt64(counter)
        else { return nil }
        self.init(id: id, instance: number, counter: count, address: address)
        guard isValid else { return nil }
    }

    var spelledId: String { PlainName.spelled(id) }
    var spelledInstance: String { Hex.text(instance) }
}
