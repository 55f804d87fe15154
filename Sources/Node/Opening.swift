import Basics
import CGuest
import Glibc
import NIOCore
import NIOPosix
import Options
import Transport
import Wire

/// The limits of tags, for messages to people.
enum Tags {
    static let keyBytes = RecordLimit.tagKeyBytes
    static let valueBytes = RecordLimit.tagValueBytes
    static let most = RecordLimit.tags
    static let recordBytes = RecordLimit.encodedBytes
}

/// A random UUID (RFC 9562, version 4) as text.
package enum UUIDText {
    package static func random(using generator: inout some RandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}

extension Runtime {
    /// Binds the sockets and starts. Called from the thread of the host that joins, before anybody else knows
    /// this node.
    func open(_ bind: Address, _ attendant: (any Attendant)?) throws(Failure) {
        // Before the control socket is there, by which it is asked for.
        consoleAddress = attendant?.address
        let ports: PortPair
        do {
            ports = try PortPair.bind(
                bind, count: settings.portRange, cluster: settings.cluster, handler: self)
        } catch {
            throw Failure(
                .system, "cannot bind \(bind.text) and the next \(settings.portRange) ports: \(error.reason)")
        }
        var group: Multicast?
        if settings.multicast { group = openGroup(bound: ports.address) }
        guard let wakeups = openWakeups() else {
            ports.close()
            group?.close()
            throw Failure(.system, "no file descriptor is left for the node")
        }
        let control: Control?
        do throws(Failure) {
            control = try settings.control.map { (path) throws(Failure) in try Control.open(path, for: self) }
        } catch {
            ports.close()
            group?.close()
            wakeups.close(promise: nil)
            throw error
        }
        var lookup = SeedLookup(settings, bound: ports.address)
        for line in lookup.readFile(now: Clock.now) { log.write(.warning, line) }
        let multicast = group
        let (seeds, interfaces) = (lookup, Interface.all())
        let started = SharedLoop.loop.submit {
            attendant?.begin(self)
            self.start(
                ports: ports, multicast: multicast, wakeups: wakeups, control: control, lookup: seeds,
                interfaces: interfaces)
        }
        do { try started.wait() } catch { throw .closed }
    }

    private func openGroup(bound: Address) -> Multicast? {
        guard let group = Address(bytes: settings.multicastGroup.bytes, port: settings.multicastPort) else {
            return nil
        }
        do {
            return try Multicast.open(
                group: group, hops: settings.multicastTtl, only: settings.multicastInterface ?? "",
                bound: bound,
                handler: self)
        } catch {
            // Seeds may do; a host that relies on multicast sees it in the log and in nobody being found.
            log.write(.warning, "no multicast discovery: \(error.reason)")
            return nil
        }
    }

    /// An eventfd that the loop reads: adding to it is all that a signal handler needs to do.
    private func openWakeups() -> (any Channel)? {
        let descriptor = guest_eventfd()
        guard descriptor >= 0 else { return nil }
        wakeupDescriptor = descriptor
        let queue = queue
        let channel = try? NIOPipeBootstrap(group: SharedLoop.loop)
            .channelInitializer { $0.pipeline.addHandler(WakeupReader(queue)) }
            .takingOwnershipOfDescriptor(input: descriptor).wait()
        if channel == nil {
            guest_close(descriptor)
        }
        return channel
    }
}

/// Ends a wait of the host for each wake-up.
private final class WakeupReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let queue: EventQueue

    init(_ queue: EventQueue) { self.queue = queue }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { queue.wakeUp() }
}
