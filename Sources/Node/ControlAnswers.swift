import Engine
import Failover
import Glibc

// What the control socket asks of the node, on the event loop.
extension Runtime {
    func checkStanding() throws(Failure) {
        try published.with { (published) throws(Failure) in try published.check() }
    }

    func membersText() throws(Failure) -> String {
        try checkStanding()
        let members = snapshot()
        return published.with { $0.texts.list(members) }
    }

    /// The own member record, and what only the node itself can tell.
    func selfText() throws(Failure) -> String {
        try checkStanding()
        let json = snapshot().first { $0.isSelf }?.json ?? .object()
        return json.set("cluster", .text(settings.cluster)).set("process", .number(Int64(getpid()))).text
    }

    /// The seats of this node with the token where it may act at this moment.
    func rolesText() throws(Failure) -> String {
        try checkStanding()
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
                    .set("token", token.map { .number($0) } ?? .null))
        }
        return list.text
    }

    /// Begins to hand the role over.
    func stepDown(_ role: String) throws(Failure) {
        try checkStanding()
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
        queue.push(
            .left, member: engine.membership.me.id, role: "", value: 0,
            detail: "left the cluster; nobody has acknowledged it")
        shut(isGoodbye: true, as: .left)
    }
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
    var jsonText: String { json.text }

    var json: Json {
        let error = Json.object()
            .set("code", .number(Int64(code.rawValue)))
            .set("name", .text(code.name))
            .set("message", .text(detail))
        return Json.object().set("error", error)
    }
}
