import Node

/// The members in the shape in which Interlok's cluster manager lists its instances.
enum ClusterManager {
    static func text(_ members: [MemberInfo]) -> String {
        let list = Json.array()
        for member in members {
            let instance = Json.object()
                .set("cluster-uuid", .text(uuid(member)))
                .set("jmx-address", .text(tag("jmx-address", of: member) ?? ""))
                .set("unique-id", .text(tag("unique-id", of: member) ?? member.name))
            list.append(Json.object().set("com.adaptris.mgmt.cluster.ClusterInstance", instance))
        }
        return Json.object().set("java.util.Collection", list).text
    }

    private static func tag(_ key: String, of member: MemberInfo) -> String? {
        member.tags.first { $0.key == key }?.value
    }

    /// As there: another one for every start of a process. From the start's generation and nonce (RFC 9562, version 8).
    private static func uuid(_ member: MemberInfo) -> String {
        let high = member.generation & ~0xf000 | 0x8000
        let low = member.nonce & ~(3 << 62) | 1 << 63
        let digits = hex(high) + hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
