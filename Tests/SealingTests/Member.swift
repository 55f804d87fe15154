import Basics
import Sealing

/// A `DatagramSeal` that tests can pass around.
final class Member {
    private var seal: DatagramSeal

    init(sender identity: Identity, keys: [Key], cluster: String = "red") throws {
        guard let seal = DatagramSeal(cluster: cluster, identity: identity, keys: keys) else {
            throw SampleError.badId
        }
        self.seal = seal
    }

    convenience init(_ id: String, keys: [Key], cluster: String = "red") throws {
        try self.init(sender: identity(id), keys: keys, cluster: cluster)
    }

    var isSealed: Bool { seal.isSealed }
    var longestPayload: Int { seal.longestPayload }
    var lastCounter: UInt64 { seal.lastCounter }
    var knownCount: Int { seal.knownCount }

    func seal(_ payload: [UInt8], to receiver: String? = nil) throws(DatagramSealError) -> [UInt8] {
        try seal.seal(payload, to: receiver)
    }
    func open(_ datagram: [UInt8]) throws(DatagramError) -> OpenedDatagram { try seal.open(datagram) }
    func admit(_ id: String, after counter: UInt64 = 0) { seal.admit(identity(id), after: counter) }
    func admit(_ sender: Identity) { seal.admit(sender, after: 0) }
    func forget(_ id: String) { seal.keep { $0 != identity(id) } }
    func rotate(to keys: [Key]) -> Bool { seal.rotate(to: keys) }

    /// Why the datagram is refused; nil when it opens.
    func refusal(_ datagram: [UInt8]) -> DatagramError? {
        do throws(DatagramError) {
            _ = try seal.open(datagram)
            return nil
        } catch {
            return error
        }
    }
}

enum SampleError: Error { case badId }
