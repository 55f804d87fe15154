import Basics
import Glibc
import Sealing
import Wire

/// Where members come that have heard the doctor's beacon: they would like to exchange views, and are let down after
/// they have shown theirs, so that nobody takes the doctor for a member.
final class DoctorDoor: Sendable {
    typealias Visitor = (identity: Identity, from: Address, view: [MemberRecord])

    let descriptor: Int32
    let port: UInt16
    /// Why it is not open, as errno; zero where it is.
    let code: Int32

    /// Takes the first of so many ports from the bound one on that is free, as a node does: firewalls let those in. Where
    /// none is free, any will do.
    init(_ pass: DoctorPass, ports: Int) {
        let first = Int(pass.bound.port)
        var candidates: [UInt16] = []
        if first != 0 { candidates = (0..<ports).compactMap { UInt16(exactly: first + $0) } }
        candidates.append(0)
        var opened: (descriptor: Int32, code: Int32) = (-1, EADDRINUSE)
        for candidate in candidates where opened.code != 0 {
            opened = DoctorDoor.listen(at: pass.bound.with(port: candidate))
        }
        descriptor = opened.descriptor
        code = opened.code
        port = opened.code == 0 ? DoctorSocket.localPort(opened.descriptor) : 0
    }

    private static func listen(at address: Address) -> (descriptor: Int32, code: Int32) {
        let descriptor = DoctorSocket.open(address, SOCK_STREAM)
        guard descriptor >= 0 else { return (-1, errno) }
        DoctorSocket.set(descriptor, Int32(SOL_SOCKET), SO_REUSEADDR, Int32(1))
        var code = DoctorSocket.bind(descriptor, to: address)
        // Two who may share an address do not both listen there.
        if code == 0, Glibc.listen(descriptor, 16) != 0 { code = errno }
        guard code != 0 else { return (descriptor, 0) }
        close(descriptor)
        return (-1, code)
    }

    /// By hand: whoever has waited for the end of the listening may look at the port next.
    func shut() { if descriptor >= 0 { close(descriptor) } }

    /// Who has come, and what it said; nil for a stranger.
    func open(_ pass: DoctorPass, until deadline: Int64) -> Visitor? {
        guard let (accepted, from) = DoctorSocket.accept(descriptor) else { return nil }
        let stream = DoctorStream(accepted, .responder, pass.cluster, pass.keys)
        guard let message = stream.hear(until: deadline), message.kind == .sync, let sender = message.sender
        else {
            return nil
        }
        return (sender, from, message.records.filter { $0.status.isPresent })
    }
}
