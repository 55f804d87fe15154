import Basics
import Sealing
import Wire

/// A look at the rings of all present members, or a change of them, from its beginning to its report.
///
/// Each change begins with a look: where it would split the cluster, nothing is changed. Whoever fails to do its part
/// is named, and the same may be asked for again. Used on the event loop only, which is what makes
/// `@unchecked Sendable` true.
final class KeyWork: @unchecked Sendable {
    typealias Done = @Sendable (Result<KeyReport, Failure>) -> Void

    private let runtime: Runtime
    private let change: KeyChange?
    private let deadline: Instant?
    private let members: [(identity: Identity, address: Address)]
    private var report: KeyReport
    private var done: Done?

    /// `done` is called once, also when the node ends. Nil as `change` only looks.
    static func begin(
        _ change: KeyChange?, on runtime: Runtime, until deadline: Instant?, _ done: @escaping Done
    ) {
        let work = KeyWork(change, runtime, deadline, done)
        runtime.keyWork[ObjectIdentifier(work)] = work
        work.look()
    }

    private init(_ change: KeyChange?, _ runtime: Runtime, _ deadline: Instant?, _ done: @escaping Done) {
        self.change = change
        self.runtime = runtime
        self.deadline = deadline
        self.done = done
        members = runtime.engine.membership.view.present.map { ($0.identity, $0.address) }
        report = KeyReport(change: change)
    }

    /// Ends without a report, as when the node ends.
    func end(_ failure: Failure) { finish(.failure(failure)) }

    private func finish(_ result: Result<KeyReport, Failure>) {
        guard let done else { return }
        self.done = nil
        runtime.keyWork[ObjectIdentifier(self)] = nil
        done(result)
    }

    // MARK: looking

    private func look() {
        if let failure = refusalAtOnce { return end(failure) }
        let questions = members.map {
            KeyRound.Question(member: $0.identity, address: $0.address, request: KeyRequest(.look))
        }
        KeyRound.ask(questions, of: runtime, until: deadline) { [self] in hasLooked($0) }
    }

    private var me: String { runtime.engine.membership.me.id }

    private var refusalAtOnce: Failure? {
        guard !runtime.ring.isEmpty else {
            return Failure(
                .unsupported,
                "the node has no key: the plain mode cannot be left while it runs, and a key sent in it would protect "
                    + "nothing")
        }
        switch change {
        case .add(let key) where !runtime.ring.fingerprints.contains(key.fingerprint):
            guard runtime.ring.keys.count >= KeyRing.most else { return nil }
            return Failure(.tooBig, "the ring has \(KeyRing.most) keys: remove one first")
        case .remove(let fingerprint) where runtime.ring.fingerprints.first == fingerprint:
            return Failure(.invalid, "key \(fingerprint.text) seals: use another one first")
        default: return nil
        }
    }

    private func hasLooked(_ replies: [String: KeyReply]) {
        guard done != nil else { return }
        report.rings = replies.mapValues { $0.ring.map { Fingerprint($0) } }
        report.rings[me] = runtime.ring.fingerprints
        report.unreachable = members.map(\.identity.id).filter { replies[$0] == nil }
        guard let change else { return finish(.success(report)) }
        if case .use(let fingerprint) = change,
            !report.rings.values.contains(where: { $0.contains(fingerprint) })
        {
            return end(Failure(.invalid, "no member has key \(fingerprint.text): add it first"))
        }
        for (id, ring) in report.rings {
            report.outcomes[id] = change.obstacle(in: ring).map { .refused($0) } ?? .unchanged
        }
        for id in report.unreachable { report.outcomes[id] = .unreachable }
        guard change.isHarmless || report.failed.isEmpty else { return finish(.success(report)) }
        make(change, replies)
    }

    // MARK: changing

    private func make(_ change: KeyChange, _ replies: [String: KeyReply]) {
        do throws(KeyRing.Refusal) {
            try runtime.perform(change, for: me)
            report.hasBegun = true
        } catch {
            report.outcomes[me] = .refused(KeyReply.Outcome(error))
            return finish(.success(report))
        }
        report.outcomes[me] = .done
        var questions: [KeyRound.Question] = []
        for member in members {
            guard let reply = replies[member.identity.id] else { continue }
            if change.isDone(in: reply.ring.map { Fingerprint($0) }) {
                report.outcomes[member.identity.id] = .done
            } else if let request = change.request(box: reply.box) {
                questions.append(
                    KeyRound.Question(member: member.identity, address: member.address, request: request))
            } else {
                report.outcomes[member.identity.id] = .refused(.unreadable)
            }
        }
        let asked = questions.map(\.member.id)
        KeyRound.ask(questions, of: runtime, until: deadline) { [self] in hasChanged(asked, $0) }
    }

    private func hasChanged(_ asked: [String], _ replies: [String: KeyReply]) {
        guard done != nil else { return }
        for id in asked {
            guard let reply = replies[id] else {
                report.outcomes[id] = .unreachable
                continue
            }
            report.outcomes[id] = reply.outcome == .done ? .done : .refused(reply.outcome)
        }
        // Nobody has asked those who came meanwhile.
        for member in runtime.engine.membership.view.present where report.outcomes[member.id] == nil {
            report.outcomes[member.id] = .late
        }
        finish(.success(report))
    }
}
