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

    /// A member closes at the first byte of the hello that differs from its own (docs/protocol.md, section 4). So its
    /// beginnings are said, each on a connection of its own: the shortest that is answered with an end tells why.
    static func find(_ address: Address, _ cluster: String, isSealed: Bool, until deadline: Int64)
        -> DoctorRefusal
    {
        let key = isSealed ? [Key.generate()] : []
        var seal = StreamSeal(role: .initiator, cluster: cluster, keys: key)
        let hello = seal.start()
        let beginnings: [(length: Int, reason: DoctorRefusal)] = [
            (2, .notMuster), (3, .otherVersion), (4, isSealed ? .hasNoKey : .wantsKey), (12, .otherCluster),
        ]
        let said = beginnings.map { Array(hello.prefix($0.length)) }
        let answers = Later<Answer>.each(said, atOnce: said.count) {
            answer(to: $0, address, until: deadline)
        }
        for (answer, beginning) in zip(answers, beginnings) {
            switch answer {
            case .silence: continue
            case .end: return beginning.reason
            // Who says something before the whole hello speaks another language.
            case .words: return .notMuster
            case .nobody: return .unknown
            }
        }
        return .unknown
    }

    private enum Answer: Sendable { case silence, end, words, nobody }

    /// Longer than any round trip, so that the end that comes first is not taken for another's.
    private static let patience: Int64 = 1500

    private static func answer(to said: [UInt8], _ address: Address, until deadline: Int64) -> Answer {
        let dialling = min(Poll.now + patience, deadline)
        guard case .connected(let descriptor) = DoctorSocket.dial(address, until: dialling) else {
            return .nobody
        }
        defer { close(descriptor) }
        // Where the end comes before all is said, reading tells it.
        _ = said.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        let ms = min(patience, Poll.left(until: deadline))
        guard Poll.wait([Poll.Place(descriptor)], ms: ms)[0] else { return .silence }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) <= 0 ? .end : .words
    }
}
