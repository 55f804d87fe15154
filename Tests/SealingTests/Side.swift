import Sealing

/// A `StreamSeal` that tests can pass around.
final class Side {
    private var stream: StreamSeal

    init(
        _ role: StreamSeal.Role, _ keys: [Key], cluster: String = "red",
        random: StreamSeal.Random = StreamSeal.freshRandom()
    ) {
        stream = StreamSeal(role: role, cluster: cluster, keys: keys, random: random)
    }

    var isEstablished: Bool { stream.isEstablished }

    func start() -> [UInt8] { stream.start() }
    func takeReply() -> [UInt8] { stream.takeReply() }
    func seal(_ message: [UInt8]) throws(StreamError) -> [UInt8] { try stream.seal(message) }
    func receive(_ bytes: [UInt8]) throws(StreamError) -> [[UInt8]] { try stream.receive(bytes) }

    func keepOnly(_ keys: [Key]) -> Bool { stream.keepOnly(keys.map(\.fingerprint)) }

    /// Why the bytes end the stream; nil when they do not.
    func refusal(_ bytes: [UInt8]) -> StreamError? {
        do throws(StreamError) {
            _ = try stream.receive(bytes)
            return nil
        } catch {
            return error
        }
    }
}
