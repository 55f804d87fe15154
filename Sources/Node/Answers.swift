import Engine
import Failover
import Glibc

// The answers to what is asked of the node, on the event loop.
extension Runtime {
    func checkStanding() throws(Failure) {
        try published.with { (published) throws(Failure) in try published.check() }
        // The end is published last of all.
        guard !isShut else { throw .closed }
    }

    func membersText() -> String {
        let members = snapshot()
        return published.with { $0.texts.list(members) }
    }

    /// The own member record, and what only the node itself can tell.
    func ownText() -> String {
        let json = snapshot().first { $0.isSelf }?.json ?? .object()
        return json.set("cluster", .text(settings.cluster)).set("process", .number(Int64(getpid())))
            .set("console", consoleAddress.map { .text($0) } ?? .null).text
    }

    /// The seats of this node with the token where it may act at this moment.
    package var roles: Json {
        let list = Json.array()
        for role in engine.failover.roles {
            let token = Clock.now < engine.trust(in: role) ? engine.failover.token(of: role) : nil
            // Until it is given back the role is this node's, though its host may not begin anything.
            let isHeld = engine.failover.position(of: role) == 0
            list.append(
                Json.object()
                    .set("role", .text(role))
                    .set("state", .text(isHeld ? "primary" : "standby"))
                    .set("position", engine.failover.position(of: role).map { .number(Int64($0)) } ?? .null)
                    .set("ready", .flag(engine.failover.isReady(role)))
                    .set("paused", .flag(engine.failover.isPaused(role)))
                    .set("primary", engine.failover.primary(of: role).map { .text($0) } ?? .null)
                    .set("token", token.map { .number($0) } ?? .null)
                    .set("overlaps", .number(engine.failover.overlaps(of: role)))
                    .set("remaining_ms", .number(Int64(seats[role]?.remainingMs ?? 0)))
                    .set(
                        "since", seats[role].map { .number($0.callbacks.with { $0.primarySinceMs }) } ?? .null
                    ))
        }
        return list
    }

    /// What metrics are told apart by.
    package var identityLabels: [(key: String, value: String)] {
        let me = engine.membership.me.id
        let name = engine.membership.attributes.name
        return [("cluster", settings.cluster), ("node", me), ("name", name.isEmpty ? me : name)]
    }

    package var isMember: Bool { !isShut && published.with { $0.standing == .member } }

    /// How this node's seats are, those of the library's own roles apart.
    package var seatHealths: [SeatHealth] {
        engine.failover.roles.filter { $0 != TaskDesk.role }.map { role in
            let token = Clock.now < engine.trust(in: role) ? engine.failover.token(of: role) : nil
            return SeatHealth(role: role, token: token, isReady: engine.failover.isReady(role))
        }
    }

    /// Begins to hand the role over.
    func stepDown(_ role: String) throws(Failure) {
        guard hasSeat(role) else { throw Failure(.invalid, "this node has no seat in '\(role)'") }
        var result = Failover.StepDown.notPrimary
        step {
            let answer = $0.stepDown(role: role, now: $1)
            result = answer.result
            return answer.actions
        }
        switch result {
        case .begun: return
        case .notPrimary: throw Failure(.notPrimary, "this node is not primary of '\(role)'")
        case .noCandidate: throw Failure(.noCandidate, "no other member could take over '\(role)'")
        }
    }

    /// Leaves without waiting any longer for somebody to acknowledge it.
    func leaveUnheard() {
        guard !isShut else { return }
        queue.push(
            .left, member: engine.membership.me.id, role: "", value: 0,
            detail: "left the cluster; nobody has acknowledged it")
        shut(isGoodbye: true, as: .left)
    }
}

/// What load balancers ask of a seat.
package struct SeatHealth: Sendable {
    package var role: String
    /// The token where the node may act as primary at this moment.
    package var token: UInt64?
    package var isReady: Bool
}

extension FailureCode {
    /// The name of the C face.
    package var name: String {
        switch self {
        case .invalid: "CLUSTER_E_INVALID"
        case .outOfMemory: "CLUSTER_E_NOMEM"
        case .system: "CLUSTER_E_SYSTEM"
        case .timeout: "CLUSTER_E_TIMEOUT"
        case .closed: "CLUSTER_E_CLOSED"
        case .busy: "CLUSTER_E_BUSY"
        case .tooBig: "CLUSTER_E_TOOBIG"
        case .duplicate: "CLUSTER_E_DUPLICATE"
        case .noCandidate: "CLUSTER_E_NO_CANDIDATE"
        case .notPrimary: "CLUSTER_E_NOT_PRIMARY"
        case .unsupported: "CLUSTER_E_UNSUPPORTED"
        case .forked: "CLUSTER_E_FORKED"
        case .handle: "CLUSTER_E_HANDLE"
        case .noMember: "CLUSTER_E_NO_MEMBER"
        case .unwanted: "CLUSTER_E_UNWANTED"
        case .full: "CLUSTER_E_FULL"
        case .partial: "CLUSTER_E_PARTIAL"
        }
    }
}

extension Failure {
    package var jsonText: String { json.text }

    var json: Json {
        let error = Json.object()
            .set("code", .number(Int64(code.rawValue)))
            .set("name", .text(code.name))
            .set("message", .text(detail))
        return Json.object().set("error", error)
    }
}
