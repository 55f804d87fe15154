import Basics
import Failover
import NIOCore
import Tasks
import Transport
import Wire

// What the log says of members and roles, in the words that people know from WSO2 Micro Integrator and Interlok, and that
// their alerts look for. A line begins with the sentence; what Muster knows beyond it follows.
extension Runtime {
    func logJoined() {
        log.write(.info, "Successfully joined the cluster with id [\(engine.membership.me.id)]")
    }

    func log(_ kind: EventKind, of member: String, _ detail: String) {
        let rest = detail.isEmpty ? "" : ": " + detail
        switch kind {
        case .memberJoined: log.write(.info, "Member added [\(member)]\(rest)")
        case .memberLeft, .memberDead: log.write(.info, "Member removed [\(member)]: \(kind.word)\(rest)")
        case .memberSuspect, .memberUnresponsive: log.write(.warning, "\(kind.word) [\(member)]\(rest)")
        case .duplicate: log.write(.error, "\(kind.word) [\(member)]\(rest)")
        default: log.write(.info, "\(kind.word) [\(member)]\(rest)")
        }
    }

    /// With the option `debug`: every message of another member, by datagram or stream.
    func logContact(_ member: String, _ message: Message, _ address: Address) {
        log.write(.debug, "Contact with [\(member)] at \(address.text): \(message.kind)")
    }

    func logPromoted(in role: String, token: UInt64) {
        log.write(.info, "Promoting to PRIMARY of \(role) with token \(token)")
    }

    /// Ranks count the primary as 0, so that the next in line is the secondary of position 1 there too.
    func logPosition(_ position: UInt32, in role: String) {
        guard position > 0 else { return }
        log.write(.info, "Promoting secondary to position \(position) of \(role)")
    }

    func logPrimary(_ primary: String?, in role: String) {
        guard role != TaskDesk.role else {
            if let primary { log.write(.info, "Coordinator changed to [\(primary)]") }
            return
        }
        log.write(.info, "Primary of \(role) changed to \(primary.map { "[\($0)]" } ?? "nobody")")
    }

    func logCoordinating(_ epoch: UInt64) {
        log.write(
            .info,
            "Elected current node (nodeID: \(engine.membership.me.id)) as the coordinator for the group "
                + "\(settings.cluster), epoch \(epoch)")
    }

    /// Reports the state from time to time, or no more.
    func setReporting(_ reports: Bool) {
        reporting?.cancel()
        reporting = nil
        guard reports, !isShut else { return }
        reporting = SharedLoop.loop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(5)) {
            [weak self] _ in
            self?.reportState()
        }
    }

    /// How this node sees each role: itself, the primary, the standbys, and when it last heard of them.
    private func reportState() {
        let now = Clock.now
        for role in engine.failover.roles {
            let position = engine.failover.position(of: role)
            let primary = engine.failover.primary(of: role)
            log.write(
                .trace,
                "\(role): this node [\(engine.membership.me.id)] is \(position == 0 ? "primary" : "a standby")"
                    + (position.map { ", position \($0)" } ?? "")
                    + "; the primary is \(primary.map { "[\($0)]" } ?? "nobody")")
            for member in engine.membership.view.present {
                guard let seat = member.attributes.seats.first(where: { $0.role == role }) else { continue }
                let rank = engine.position(of: member.identity.id, in: seat).map { ", position \($0)" } ?? ""
                log.write(
                    .trace,
                    "\(role): [\(member.identity.id)] is \(primary == member.identity.id ? "primary" : "a standby")\(rank), "
                        + "last contact \(max(0, (now - member.heard).milliseconds)) ms ago")
            }
        }
    }
}

extension TaskNews {
    var sentence: String {
        let rest = detail.isEmpty ? "" : ": " + detail
        return switch kind {
        case .started: "Task scheduled: [\(name)]\(rest)"
        default: "Task \(kind.word): [\(name)]\(rest)"
        }
    }
}
