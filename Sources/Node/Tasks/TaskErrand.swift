import Basics
import NIOCore
import Tasks
import Transport

/// An order for the coordinator, asked again while nobody can say what becomes of it. Used on the event loop only.
final class TaskErrand: @unchecked Sendable {
    typealias Done = @Sendable (Result<Bool, Failure>) -> Void

    private static let pause = TimeAmount.milliseconds(50)

    private let desk: TaskDesk
    private let verb: TaskOrder.Verb
    private let name: String
    private let target: String
    private var done: Done?
    private var limit: Scheduled<Void>?
    private var reason = "no coordinator of the tasks has been heard yet"

    /// `done` is called once, on the event loop.
    init(
        _ desk: TaskDesk, _ verb: TaskOrder.Verb, _ name: String, _ target: String, until deadline: Instant?,
        _ done: @escaping Done
    ) {
        self.desk = desk
        self.verb = verb
        self.name = name
        self.target = target
        self.done = done
        guard let deadline else { return }
        let left = max(deadline - Clock.now, .zero)
        limit = SharedLoop.loop.scheduleTask(in: .nanoseconds(left.nanoseconds)) { [self] in
            end(.failure(Failure(.timeout, "task '\(name)': \(reason)")))
        }
    }

    func ask() {
        guard done != nil else { return }
        guard !desk.isClosed else { return end(.failure(.closed)) }
        desk.order(verb, name, target) { [self] answer, text in
            switch answer {
            case .done: end(.success(true))
            case .unknownTask: end(.failure(Failure(.noMember, text)))
            case .noCandidate where !target.isEmpty && !isPresent(target):
                end(.failure(Failure(.noMember, "no member '\(target)' is present")))
            case .noCandidate: end(.failure(Failure(.noCandidate, text)))
            case .noJob: end(.failure(Failure(.unsupported, text)))
            case .offered: end(.failure(Failure(.busy, text)))
            case .tryAgain:
                reason = text
                SharedLoop.loop.scheduleTask(in: Self.pause) { [self] in ask() }
            }
        }
    }

    private func isPresent(_ id: String) -> Bool {
        let membership = desk.runtime.engine.membership
        return id == membership.me.id || membership.view[id]?.isPresent == true
    }

    private func end(_ result: Result<Bool, Failure>) {
        limit?.cancel()
        limit = nil
        let done = done
        self.done = nil
        done?(result)
    }
}

extension TaskDesk {
    /// Has the coordinator do something with a task. `done` is called once, on the event loop, perhaps at once.
    func obey(
        _ verb: TaskOrder.Verb, _ name: String, _ target: String, until deadline: Instant?,
        _ done: @escaping TaskErrand.Done
    ) throws(Failure) {
        guard Name.isValid(name, longest: TaskDefinition.longestName) else {
            throw Failure(
                .invalid,
                "a task's name has 1 to \(TaskDefinition.longestName) bytes of UTF-8 (NFC) without control characters"
            )
        }
        TaskErrand(self, verb, name, target, until: deadline, done).ask()
    }

    /// All tasks as JSON text, when the coordinator has told of them. `done` is called once, on the event loop.
    func list(until deadline: Instant, _ done: @escaping @Sendable (Result<String, Failure>) -> Void) {
        let mine = settings.id
        do throws(Failure) {
            done(.success(try known.all(until: Clock.now).jsonText(mine: mine)))
        } catch {
            guard error.code == .timeout, Clock.now < deadline else { return done(.failure(error)) }
            SharedLoop.loop.scheduleTask(in: .milliseconds(20)) { [weak self] in
                guard let self else { return done(.failure(.closed)) }
                self.list(until: deadline, done)
            }
        }
    }

    /// The longest that any of what this node offers may take to stop.
    var longestStop: Interval { worker.offers.values.map(\.definition.stopTimeout).max() ?? .zero }

    /// Stops all that this node has, and offers nothing any more. `done` is called once, on the event loop.
    func giveBack(_ done: @escaping @Sendable () -> Void) {
        perform { [self] in
            for name in states.keys.sorted() { work { $0.withdraw(name, now: $1) } }
        }
        waitUntilGivenBack(done)
    }

    private func waitUntilGivenBack(_ done: @escaping @Sendable () -> Void) {
        guard !isClosed, !states.isEmpty else { return done() }
        SharedLoop.loop.scheduleTask(in: .milliseconds(10)) { [weak self] in
            guard let self else { return done() }
            self.waitUntilGivenBack(done)
        }
    }
}
