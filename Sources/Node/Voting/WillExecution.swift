import Basics
import Lease
import NIOCore
import Sealing
import Stores
import Transport

/// Gives back what a dead node held in one role, through the voters, with the secret that proves its death to each.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class WillExecution: @unchecked Sendable {
    let desk: VoterDesk
    private let role: String
    private let release: Release
    private let until: Instant
    /// How long a question may go without its answer.
    private let patience: Interval
    private var random = SystemRandomNumberGenerator()
    private var retry: Scheduled<Void>?
    /// How many there have been; only the last one's answer counts.
    private var questions: UInt64 = 0
    private let done: (_ isGivenBack: Bool) -> Void

    /// After what could not be done: others may be at it too, and whoever writes at the same moment is in the way.
    private static let pause = 20...60

    init(
        _ letter: WillLetter, desk: VoterDesk, patience: Interval, until: Instant,
        done: @escaping (_ isGivenBack: Bool) -> Void
    ) {
        self.desk = desk
        self.until = until
        self.patience = patience
        self.done = done
        role = letter.role
        release = Release(id: letter.id, instance: letter.instance)
    }

    func begin() { proceed(after: nil) }

    func close() {
        // It answers what is open.
        desk.close()
        retry?.cancel()
    }

    private func proceed(after answer: RegisterAnswer?) {
        guard Clock.now < until else { return done(false) }
        // A voter that refuses, or is silent, may leave a question without an end: then it is begun anew.
        let number = questions + 1
        questions = number
        retry = SharedLoop.loop.scheduleTask(in: .nanoseconds(patience.nanoseconds)) { [weak self] in
            guard let self, self.questions == number else { return }
            self.proceed(after: nil)
        }
        switch release.next(after: answer, nonce: Nonce(high: random.next(), low: random.next())) {
        case .done: done(true)
        case .read: desk.read(role: role) { [weak self] in self?.answered($0, to: number) }
        case .write(let expected, let row):
            desk.compareAndSet(role: role, expected: expected, row: row) { [weak self] in
                self?.answered($0, to: number)
            }
        }
    }

    /// Never within the question: it may have been answered at once.
    private func answered(_ reply: RegisterReply, to number: UInt64) {
        guard questions == number else { return }
        retry?.cancel()
        let isUncertain = reply.answer == .failed || reply.answer == .unknown
        let pause = isUncertain ? Int64(Int.random(in: WillExecution.pause, using: &random)) : 0
        retry = SharedLoop.loop.scheduleTask(in: .milliseconds(pause)) { [weak self] in
            guard let self, self.questions == number else { return }
            self.proceed(after: reply.answer)
        }
    }
}

extension Runtime {
    /// A guardian says that its node is dead. Whoever says so of what this voter knows of nothing, or without the secret,
    /// costs a hash at most, and hears nothing.
    func willArrived(_ bytes: [UInt8], from address: Address) throws(DatagramError) {
        let letter = try WillLetter(bytes, cluster: settings.cluster)
        guard let booth, let list = settings.voterList, let lease = settings.lease,
            booth.isProvenDead(letter), wills[letter.role] == nil
        else { return }
        let me = engine.membership.me
        var random = SystemRandomNumberGenerator()
        let desk = VoterDesk(
            list: list, me: LeaseCandidate(id: me.id, instance: me.nonce), patience: lease.patience,
            seed: random.next(), secret: letter.secret)
        desk.send = { [weak self] in self?.ask(voter: $0, $1, $2) }
        log.write(
            .info,
            "\(letter.id) is dead, as its guardian has proved: its lease of \(letter.role) is given back")
        let execution = WillExecution(
            letter, desk: desk, patience: lease.patience * 2, until: Clock.now + lease.longestHold * 2
        ) { [weak self] in self?.willEnded(letter, from: address, isGivenBack: $0) }
        wills[letter.role] = execution
        execution.begin()
    }

    private func willEnded(_ letter: WillLetter, from guardian: Address, isGivenBack: Bool) {
        guard !isShut, let execution = wills.removeValue(forKey: letter.role) else { return }
        execution.close()
        guard isGivenBack else { return }
        ports?.send(letter.receipt(cluster: settings.cluster), to: guardian)
    }
}
