import Basics
import Glibc
import Sealing

/// Why somebody who accepts connections does not let this cluster's members in.
enum DoctorRefusal: Sendable {
    case otherCluster
    case otherVersion
    /// It has no key, and these options have one.
    case hasNoKey
    /// It has a key, and these options have none.
    case wantsKey
    /// The same cluster, another key.
    case otherKey
    /// What listens there does not speak the protocol.
    case notMuster
    /// It closes without a reason that can be seen from here.
    case unknown

    /// A member closes at the first byte of the hello that differs from its own (docs/protocol.md, section 4). So the
    /// hello is said piece by piece, with pauses, to see after which one it closes.
    static func find(_ address: Address, _ cluster: String, isSealed: Bool, until deadline: Int64)
        -> DoctorRefusal
    {
        guard case .connected(let descriptor) = DoctorSocket.dial(address, until: deadline) else {
            return .unknown
        }
        defer { close(descriptor) }
        let key = isSealed ? [Key.generate()] : []
        var seal = StreamSeal(role: .initiator, cluster: cluster, keys: key)
        let hello = seal.start()
        let pieces: [(Range<Int>, DoctorRefusal)] = [
            (0..<2, .notMuster), (2..<3, .otherVersion), (3..<4, isSealed ? .hasNoKey : .wantsKey),
            (4..<12, .otherCluster),
        ]
        for (piece, reason) in pieces {
            let bytes = Array(hello[piece])
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // Who says something before the whole hello speaks another language.
            if let isEnd = hears(descriptor, for: pause, until: deadline) {
                return isEnd ? reason : .notMuster
            }
            guard count == bytes.count else { return .unknown }
        }
        return .unknown
    }

    /// How long it may take until the end of a connection is seen: more than a round trip of a far network.
    private static let pause: Int64 = 300

    /// Whether the other side closes; nil where it does nothing.
    private static func hears(_ descriptor: Int32, for ms: Int64, until deadline: Int64) -> Bool? {
        let patience = min(ms, Poll.left(until: deadline))
        guard Poll.wait([Poll.Place(descriptor)], ms: patience)[0] else { return nil }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) <= 0
    }
}
