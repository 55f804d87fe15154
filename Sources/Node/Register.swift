import Basics
import Engine
import Lease
import Options
import Stores
import Transport

/// The register of this node's leases: what it is asked, and how it is.
///
/// On the event loop, but for the answers, which come on the register's own thread.
struct RegisterDesk {
    let register: any Register
    /// What people call it.
    let name: String
    /// Before this nothing is said of trouble: voters are silent when they start.
    let quietUntil: Instant
    /// Requests without a good answer since the last one that had one.
    var failures = 0
    private(set) var tally = Tally()
    /// Whether the host was told that it does not answer as it should.
    var isTroubled = false

    /// What was asked since the node's start.
    struct Tally {
        var questions: UInt64 = 0
        var failures: UInt64 = 0
        /// All the time that answers took.
        var time = Interval.zero
    }

    mutating func count(_ error: StoreError?, after time: Interval) {
        tally.questions += 1
        tally.time = tally.time + time
        if error != nil { tally.failures += 1 }
    }

    /// One that is slow once is nothing to report.
    static let patience = 2
}

extension Settings {
    /// The register that the leases are kept in; nil where none is asked for.
    func openRegister(for me: LeaseCandidate, seed: UInt64) throws(Failure) -> RegisterDesk? {
        guard let lease else { return nil }
        if let list = voterList {
            let desk = VoterDesk(list: list, me: me, patience: lease.patience, seed: seed)
            return RegisterDesk(
                register: desk, name: "the voters", quietUntil: Clock.now + lease.longestHold * 2)
        }
        guard let url = failoverStore else { return nil }
        do throws(StoreError) {
            let store = try Store.open(StoreSettings(url: url, cluster: cluster, patience: lease.patience))
            return RegisterDesk(register: store, name: "the store of the leases", quietUntil: .distantPast)
        } catch {
            throw Failure(error, in: .failoverStore)
        }
    }
}

extension Runtime {
    func ask(_ question: LeaseQuestion) {
        let asked = Clock.now
        let completion: @Sendable (RegisterReply) -> Void = { [weak self] reply in
            guard let self else { return }
            SharedLoop.loop.execute { self.answered(question, reply, asked: asked) }
        }
        switch question.body {
        case .read: desk?.register.read(role: question.role, completion: completion)
        case .compareAndSet(let expected, let row):
            desk?.register.compareAndSet(
                role: question.role, expected: expected, row: row, completion: completion)
        }
    }

    private func answered(_ question: LeaseQuestion, _ reply: RegisterReply, asked: Instant) {
        guard !isShut else { return }
        desk?.count(reply.error, after: Clock.now - asked)
        tell(reply.error)
        step { $0.answered(question, reply.answer, now: $1) }
    }

    /// Tells the host when the register does not answer as it should, and when it does again.
    private func tell(_ error: StoreError?) {
        guard var desk else { return }
        defer { self.desk = desk }
        guard let error else {
            desk.failures = 0
            guard desk.isTroubled else { return }
            desk.isTroubled = false
            return tellOfAuthority(.wellAgain, role: "", "\(desk.name): there are answers again")
        }
        desk.failures += 1
        guard !desk.isTroubled, desk.failures >= RegisterDesk.patience, Clock.now >= desk.quietUntil else {
            return
        }
        desk.isTroubled = true
        tellOfAuthority(.noAnswer, role: "", "\(desk.name): \(error.text)")
    }

    /// What the value of the event says.
    enum AuthorityNews: UInt64 { case wellAgain, noAnswer, forgot, differs, unguarded, unseen }

    func tellOfAuthority(_ news: AuthorityNews, role: String, member: String? = nil, _ detail: String) {
        log.write(news == .wellAgain ? .info : .error, detail)
        queue.push(
            .authority, member: member ?? engine.membership.me.id, role: role, value: news.rawValue,
            detail: detail)
    }
}
