package import Basics
import CGuest
import CStores
package import Lease
import Threads

/// A register in an engine that the user runs, and a directory beside it.
///
/// Requests wait for each other: a node whose leases are kept in a store opens it a second time to find members and a
/// further time for its tasks, so that no renewal waits for those.
///
/// Two threads: the worker is the only one that enters foreign code, one request at a time; the clerk watches the
/// clock, answers, and never waits for the worker. A worker that hangs longer than a request may take is abandoned
/// with its connection and replaced, once: a second one that hangs is waited for, so that threads do not pile up, until
/// one of the two comes back.
package final class Store: Register, Directory {
    let settings: StoreSettings
    private let connect: @Sendable () -> any Session
    private let state = Monitor(State())

    struct Request: Sendable {
        /// Done by the worker; the clerk tells what comes out.
        let work: @Sendable (any Session, _ until: Instant) -> Answer
        let refuse: @Sendable (StoreError) -> Void
        /// When the worker should give up, and when the clerk does.
        let workUntil: Instant
        let answerBy: Instant
    }

    /// Tells whoever asked.
    typealias Answer = @Sendable () -> Void

    struct State: Sendable {
        var waiting: [Request] = []
        /// With the current worker; nil when it is idle, or when the clerk has answered already.
        var running: Request?
        var answered: [Answer] = []
        /// The number of the current worker, 0 where there is none.
        var worker = 0
        var lastWorker = 0
        /// How long the current worker may take to connect; nil where it does not.
        var connectingUntil: Instant?
        var abandoned = 0
        /// Whether the current worker hangs, and would be abandoned if that were allowed.
        var isOverdue = false
        var isClosed = false
    }

    /// Checks the settings and loads the client library; connecting is left to the first request.
    package static func open(_ settings: StoreSettings) throws(StoreError) -> Store {
        // Before the first thread: a forked child must know that it is one.
        guard guest_start() == 0, guest_is_forked_child() == 0 else { throw forked }
        guard StoreSchema.isValidPrefix(settings.prefix) else {
            throw StoreError(
                .badSettings, "a prefix must be 1 to 40 of a-z, 0-9 and _, the first of them a letter")
        }
        guard Name.isValid(settings.cluster, longest: Identity.longestId) else {
            throw StoreError(.badSettings, "a store needs a cluster's name of 1 to 64 bytes")
        }
        return try Store(settings, connect: Engine.connector(for: settings))
    }

    private init(_ settings: StoreSettings, connect: @escaping @Sendable () -> any Session)
        throws(StoreError)
    {
        self.settings = settings
        self.connect = connect
        guard let clerk = WorkerThread.start("muster-store", { [self] in serve() }) else {
            throw StoreError(.engine, "no thread can be started")
        }
        clerk.detach()
    }

    package func read(role: String, completion: @escaping @Sendable (RegisterReply) -> Void) {
        let key = RowKey(.lease, cluster: settings.cluster, name: role)
        let refuse: @Sendable (StoreError) -> Void = {
            completion(RegisterReply(answer: .failed, error: $0))
        }
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let row = try session.read(key, until: deadline)?.lease()
                return { completion(RegisterReply(answer: .row(row))) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    package func compareAndSet(
        role: String, expected: RowStamp?, row: LeaseRow,
        completion: @escaping @Sendable (RegisterReply) -> Void
    ) {
        let key = RowKey(.lease, cluster: settings.cluster, name: role)
        let refuse: @Sendable (StoreError) -> Void = {
            completion(RegisterReply(answer: $0.afterSending ? .unknown : .failed, error: $0))
        }
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let isApplied = try session.write(
                    key, expected: expected, row: StoredRow(row), until: deadline)
                return { completion(RegisterReply(answer: isApplied ? .applied : .conflict)) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    package func exchange(
        _ exchange: MemberExchange,
        completion: @escaping @Sendable (Result<[MemberEntry], StoreError>) -> Void
    ) {
        let cluster = PlainName.spelled(settings.cluster)
        let refuse: @Sendable (StoreError) -> Void = { completion(.failure($0)) }
        guard (exchange.remove + [exchange.announce].compactMap { $0 }).allSatisfy(\.isValid) else {
            return refuse(StoreError(.badSettings, "an entry that cannot stand in a store"))
        }
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let entries = try session.exchange(exchange, in: cluster, until: deadline)
                return { completion(.success(entries)) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    /// Returns at once; the threads end when they can.
    package func close() {
        // In a forked child there are none, and one of the parent's may have held the lock.
        guard guest_is_forked_child() == 0 else { return }
        state.change { $0.isClosed = true }
    }

    func ask(
        _ refuse: @escaping @Sendable (StoreError) -> Void,
        _ work: @escaping @Sendable (any Session, _ until: Instant) -> Answer
    ) {
        guard guest_is_forked_child() == 0 else { return refuse(Self.forked) }
        let now = Waiting.now
        // The engine's own deadline comes first, since it knows better what has happened.
        let request = Request(
            work: work, refuse: refuse, workUntil: now + settings.patience / 10 * 9,
            answerBy: now + settings.patience)
        let isClosed = state.change { state in
            if !state.isClosed { state.waiting.append(request) }
            return state.isClosed
        }
        if isClosed { refuse(StoreError(.engine, "the store is closed")) }
    }

    private static let forked = StoreError(
        .engine, "a store does not work in a process that was forked from the one that uses it")

    // MARK: The clerk

    private enum Duty {
        case answer([Answer])
        case startWorker(Int)
        case lookAgain
        case end
    }

    private func serve() {
        while true {
            let due = state.with { Self.due($0) }
            let duty = state.wait(until: due) { state -> Duty? in
                Self.expire(&state, now: Waiting.now)
                if !state.answered.isEmpty {
                    defer { state.answered = [] }
                    return .answer(state.answered)
                }
                if state.isClosed && state.waiting.isEmpty && state.running == nil { return .end }
                if !state.waiting.isEmpty && state.worker == 0 {
                    state.lastWorker += 1
                    state.worker = state.lastWorker
                    return .startWorker(state.worker)
                }
                return Self.due(state) == due ? nil : .lookAgain
            }
            switch duty {
            case .answer(let answers): for answer in answers { answer() }
            case .startWorker(let number): startWorker(number)
            case .lookAgain, nil: break
            case .end: return
            }
        }
    }

    /// When the clerk must answer next.
    private static func due(_ state: State) -> Instant? {
        var due = state.running?.answerBy
        if let first = state.waiting.first { due = min(due ?? first.answerBy, first.answerBy) }
        if let until = state.connectingUntil { due = min(due ?? until, until) }
        return due
    }

    static let mostAbandoned = 1
    /// How many requests' time connecting may take: a server takes its time over a login, and what was begun must not be
    /// thrown away with the request that needed it. About as long as a lease is trusted.
    private static let connectPatience: Int64 = 4

    static func expire(_ state: inout State, now: Instant) {
        if let until = state.connectingUntil, until <= now, state.running == nil {
            state.connectingUntil = nil
            state.isOverdue = true
        }
        if let running = state.running, running.answerBy <= now, state.connectingUntil ?? now > now {
            refuse(running, StoreError(.hangs, "connecting to the store takes long"), &state)
            state.running = nil
        }
        if let running = state.running, running.answerBy <= now {
            state.connectingUntil = nil
            state.isOverdue = true
            // The worker has it, so that a write may have been sent.
            var error = StoreError(.hangs, "the store does not answer", afterSending: true)
            if state.abandoned >= mostAbandoned {
                error.text += "; \(state.abandoned + 1) connections hang, and no further one is made"
            }
            refuse(running, error, &state)
            state.running = nil
        }
        // A worker that hangs in foreign code; while another does already, this one is waited for.
        if state.isOverdue, state.abandoned < mostAbandoned {
            state.isOverdue = false
            state.abandoned += 1
            state.worker = 0
        }
        while let first = state.waiting.first, first.answerBy <= now {
            state.waiting.removeFirst()
            let error = StoreError(.hangs, "the store still works on what it was asked before")
            refuse(first, error, &state)
        }
    }

    private static func refuse(_ request: Request, _ error: StoreError, _ state: inout State) {
        state.answered.append { request.refuse(error) }
    }

    private func startWorker(_ number: Int) {
        if let worker = WorkerThread.start("muster-store-io", { [self] in work(number) }) {
            worker.detach()
            return
        }
        state.change { state in
            state.worker = 0
            for request in state.waiting {
                let error = StoreError(.engine, "no thread can be started")
                Self.refuse(request, error, &state)
            }
            state.waiting = []
        }
    }

    // MARK: The worker

    private func work(_ number: Int) {
        stores_enter()
        defer { stores_leave() }
        let session = connect()
        while let request = next(number) {
            let answer: @Sendable () -> Void
            if let error = prepare(session, number, for: request) {
                answer = { request.refuse(error) }
            } else {
                answer = request.work(session, request.workUntil)
            }
            if !state.change({ Self.finish(&$0, number, answer) }) { break }
        }
        session.close()
    }

    /// A worker is back with what it was given. False where it has been replaced meanwhile.
    static func finish(_ state: inout State, _ number: Int, _ answer: @escaping Answer) -> Bool {
        guard state.worker == number else {
            state.abandoned -= 1
            return false
        }
        state.isOverdue = false
        if state.running != nil {
            state.answered.append(answer)
            state.running = nil
        }
        return true
    }

    /// Connects, where there is no connection. Why the request cannot be worked on; nothing of it was sent.
    private func prepare(_ session: any Session, _ number: Int, for request: Request) -> StoreError? {
        guard session.isUnconnected else { return nil }
        let patience = settings.patience * Self.connectPatience
        // As with requests, the engine's own deadline comes first.
        let began = Waiting.now
        state.change { if $0.worker == number { $0.connectingUntil = began + patience } }
        defer { state.change { if $0.worker == number { $0.connectingUntil = nil } } }
        do throws(StoreError) {
            try session.connect(until: began + patience / 10 * 9)
            return Waiting.now < request.workUntil ? nil : StoreError(.hangs, "connecting took too long")
        } catch {
            return StoreError(error.kind, error.text)
        }
    }

    private func next(_ number: Int) -> Request? {
        stores_leave()
        defer { stores_enter() }
        return state.wait(until: nil) { state -> Request?? in
            if !state.waiting.isEmpty {
                let request = state.waiting.removeFirst()
                state.running = request
                return .some(request)
            }
            return state.isClosed ? .some(nil) : nil
        } ?? nil
    }
}
