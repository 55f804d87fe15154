/// Makes a TZif file.
struct ZoneBytes: Sendable {
    var version = 2
    var types: [Int32]
    var changes: [(moment: Int64, type: UInt8)] = []
    var rule = ""
    var leapSeconds: UInt32 = 0

    var bytes: [UInt8] {
        guard version > 1 else { return block(timeSize: 4) }
        return ZoneBytes(version: version, types: [0]).block(timeSize: 4) + block(timeSize: 8) + [0x0a]
            + Array(rule.utf8) + [0x0a]
    }

    private func block(timeSize: Int) -> [UInt8] {
        var bytes =
            Array("TZif".utf8) + [version == 1 ? 0 : UInt8(0x30 + version)] + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, leapSeconds, UInt32(changes.count), UInt32(types.count), 4] {
            bytes += number(Int64(count), 4)
        }
        for change in changes { bytes += number(change.moment, timeSize) }
        bytes += changes.map(\.type)
        for type in types { bytes += number(Int64(type), 4) + [0, 0] }
        bytes += Array("AAA\0".utf8)
        return bytes + [UInt8](repeating: 0, count: Int(leapSeconds) * (timeSize + 4))
    }

    private func number(_ value: Int64, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
    }
}
