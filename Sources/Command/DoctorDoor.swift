import Basics
import Glibc
import Sealing
import Wire

/// Where members come that have heard the doctor's beacon: they would like to exchange views, and are let down after
/// they have shown theirs, so that nobody takes the doctor for a member.
final class DoctorDoor {
    typealias Visitor = (identity: Identity, from: Address, view: [MemberRecord])

    let descriptor: Int32
    let port: UInt16

    init?(_ pass: DoctorPass) {
        descriptor = DoctorSocket.open(pass.bound, SOCK_STREAM)
        guard descriptor >= 0, DoctorSocket.bind(descriptor, to: pass.bound.with(port: 0)) == 0,
            Glibc.listen(descriptor, 16) == 0
        else {
            port = 0
            return nil
        }
        port = DoctorSocket.localPort(descriptor)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

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
