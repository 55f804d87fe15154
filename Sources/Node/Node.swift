import Basics
import CGuest
import Lease
import NIOCore
import NIOPosix
package import Options
import Sealing
import Stores
import Threads
import Transport

/// One member of one cluster, as the threads of a host use it: every function may be called from any thread.
package final class Node: Sendable {
    package let id: String
    let settings: Settings
    let queue: EventQueue
    let published: Monitor<Published>
    let runtime: Runtime
    let dispatcher: Dispatcher
    let log: Log
    let trustWatch: TrustWatch
    private let keeper: Keeper?

    private init(settings: Settings, id: String, queue: EventQueue, runtime: Runtime) {
        self.settings = settings
        self.id = id
        self.queue = queue
        published = runtime.published
        self.runtime = runtime
        log = runtime.log
        keeper = runtime.keeper
        trustWatch = TrustWatch(
            span: settings.trustSpan, limit: settings.failoverOnLost == .exit ? settings.lateLimit : nil,
            queue: queue)
        dispatcher = Dispatcher(queue: queue, runtime: runtime, ownsThread: settings.dispatch == .thread)
    }

    // MARK: life

    /// Checks the options, binds the sockets, starts the node and returns; the others are found afterwards.
    /// `defaultControl` says where the control socket of a node with this id is, where no option does. `attend` opens
    /// what the settings ask for beside the node.
    package static func join(
        _ options: Options, defaultControl: ((_ id: String) -> String)? = nil,
        attend: (Settings) throws(Failure) -> (any Attendant)? = { _ in nil }
    ) throws(Failure) -> Node {
        var options = options
        options.applyEnvironment(all: false)
        var settings: Settings
        do { settings = try options.settings() } catch { throw Failure(error) }
        guard guest_start() == 0, guest_is_forked_child() == 0 else { throw .forked }
        guard Sealing.isReady else { throw Failure(.system, "the system has no source of random numbers") }
        guard let ring = settings.takeRing() else { throw Failure(.invalid, "the keys form no ring") }
        guard let bind = settings.bindAddress else {
            throw Failure(
                .invalid, "option 'bind' is '\(settings.bind.text)', and no interface has this name")
        }
        var random = SystemRandomNumberGenerator()
        let randomId = UUIDText.random(using: &random)
        let claim = try Keeper.claim(settings) { randomId }
        let id = settings.nodeId ?? claim?.memory.nodeId ?? randomId
        let wall = Clock.wallMicroseconds
        let generation = claim?.memory.nextGeneration(wallMicroseconds: wall) ?? wall
        let identity = Identity(id: id, generation: generation, nonce: random.next())
        settings.control = settings.control ?? defaultControl?(id)
        if settings.voterList?.voters.contains(id) == true, claim == nil {
            throw Failure(
                .invalid,
                "this node is a voter of 'failover.voters': it needs a 'state_dir', so that tokens grow")
        }
        let guarding = try Guarding(settings, identity: identity)
        guard let seal = DatagramSeal(cluster: settings.cluster, identity: identity, keys: ring.keys)
        else {
            throw Failure(.invalid, "option 'node_id' is no id")
        }
        guard
            let queue = EventQueue(limit: settings.eventQueue, hasDispatcher: settings.dispatch == .thread)
        else { throw Failure(.system, "no file descriptor is left for the node") }
        let log = Log(queue)
        for note in options.notes { log.write(.info, note) }
        let keeper = try claim.map { (claim) throws(Failure) in
            try Keeper(claim, generation: generation, log: log)
        }
        // Last of all, since they have threads of their own.
        let desk: RegisterDesk?
        do throws(Failure) {
            desk = try settings.openRegister(
                for: LeaseCandidate(id: id, instance: identity.nonce), seed: random.next())
        } catch {
            keeper?.abandon()
            throw error
        }
        let directory: Store?
        do throws(Failure) { directory = try settings.openDirectory() } catch {
            keeper?.abandon()
            desk?.register.close()
            throw error
        }
        let runtime = Runtime(
            settings: settings, ring: ring, identity: identity, address: bind, seal: seal, queue: queue,
            published: Monitor(Published()), log: log, keeper: keeper, desk: desk, directory: directory,
            guarding: guarding, seed: Nonce(high: random.next(), low: random.next()))
        var attendant: (any Attendant)?
        do throws(Failure) {
            attendant = try attend(settings)
            try runtime.open(bind, attendant)
        } catch {
            attendant?.abandon()
            keeper?.abandon()
            desk?.register.close()
            directory?.close()
            throw error
        }
        return Node(settings: settings, id: identity.id, queue: queue, runtime: runtime)
    }

    /// Waits until so many members, this one included, are alive.
    package func wait(members: UInt32, timeoutMs: Int32) throws(Failure) {
        try checkFork()
        let isThere: Bool? = try published.wait(until: Clock.deadline(afterMs: timeoutMs)) {
            (published) throws(Failure) -> Bool? in
            try published.check()
            return published.aliveCount >= Int(members) ? true : nil
        }
        guard isThere == true else {
            let count = published.with { $0.aliveCount }
            throw Failure(.timeout, "\(count) of \(members) members are alive")
        }
    }

    /// Gives tasks back and hands seats over, says farewell, and waits until others have heard it.
    package func leave(timeoutMs: Int32) throws(Failure) {
        try check()
        try checkNotInside()
        let deadline = Clock.deadline(afterMs: timeoutMs)
        let unfinished = try giveTasksBack(until: deadline)
        let runtime = runtime
        SharedLoop.loop.execute { runtime.step { $0.leave(now: $1) } }
        let end = try waitRunningCallbacks(published, until: deadline) {
            $0.standing == .member ? nil : $0.standing
        }
        if end == .left, unfinished == nil { return }
        if end == nil { try onLoop { $0.shut(isGoodbye: true, as: .left) } }
        // Somebody else may have ended it otherwise meanwhile.
        try published.with { (published) throws(Failure) in
            if published.standing != .left { try published.check() }
        }
        let reason =
            unfinished.map { "the task \"\($0)\" had not ended in time" }
            ?? "nobody acknowledged the farewell in time"
        throw Failure(.timeout, "\(reason); the node has left all the same")
    }

    /// Ends the node: says farewell without waiting for answers, ends the waits of other threads, and returns
    /// when no callback of it runs any more. Harmless the second time.
    package func close() throws(Failure) {
        guard guest_is_forked_child() == 0 else { return }
        try checkNotInside()
        try onLoop { $0.shut(isGoodbye: true, as: .closed) }
        trustWatch.end()
        dispatcher.end()
        runtime.pool.end()
        keeper?.waitUntilDone()
    }

    // MARK: the view

    /// The members that are present, this one included, sorted by id.
    package func members() throws(Failure) -> [MemberInfo] {
        try check()
        if let current = published.with({ $0.snapshot?.revision == $0.revision ? $0.snapshot?.members : nil })
        {
            return current
        }
        return try onLoop { runtime in
            let members = runtime.snapshot()
            runtime.published.with { $0.snapshot = ($0.revision, members) }
            return members
        }
    }

    /// What was counted since the start, as JSON text.
    package func statisticsJson() throws(Failure) -> String {
        try check()
        return try onLoop { $0.statistics.text }
    }

    /// Where people find the console; nil without one.
    package func consoleAddress() throws(Failure) -> String? { try onLoop { $0.consoleAddress } }

    package func selfInfo() throws(Failure) -> MemberInfo {
        guard let own = try members().first(where: { $0.isSelf }) else { throw .closed }
        return own
    }

    package func membersJson() throws(Failure) -> String {
        let members = try members()
        return published.with { published in
            if let text = published.listText, text.revision == published.snapshot?.revision {
                return text.text
            }
            let text = published.texts.list(members)
            if let revision = published.snapshot?.revision { published.listText = (revision, text) }
            return text
        }
    }

    package func selfJson() throws(Failure) -> String {
        try attempt { (runtime) throws(Failure) in
            try runtime.checkStanding()
            return runtime.ownText()
        }
    }

    /// Sets a tag that all members see, or removes it where `value` is nil.
    package func setTag(_ key: String, _ value: String?) throws(Failure) {
        try check()
        guard Name.isValid(key, longest: Tags.keyBytes) else {
            throw Failure(
                .invalid,
                "a tag's key has 1 to \(Tags.keyBytes) bytes of UTF-8 (NFC) without control characters"
            )
        }
        if let value, value.utf8.count > Tags.valueBytes {
            throw Failure(
                .tooBig, "tag '\(key)' has \(value.utf8.count) bytes; at most \(Tags.valueBytes) are allowed")
        }
        let isAccepted = try onLoop { runtime in
            var isAccepted = false
            runtime.step {
                let result = $0.setTag(key, value, now: $1)
                isAccepted = result.isAccepted
                return result.actions
            }
            return isAccepted
        }
        guard isAccepted else {
            try check()
            throw Failure(
                .tooBig,
                "tag '\(key)' does not fit: tags, name and seats of a member share \(Tags.recordBytes) bytes, at most \(Tags.most) tags"
            )
        }
    }

    // MARK: events

    package var eventDescriptor: Int32 { queue.descriptor }
    package var wakeupDescriptor: Int32 { runtime.wakeupDescriptor }

    /// Pulls one event; nil when none came in time, or after a wake-up.
    package func nextEvent(timeoutMs: Int32) throws(Failure) -> NodeEvent? {
        try checkFork()
        return try queue.pull(until: Clock.deadline(afterMs: timeoutMs))
    }

    /// Runs the callbacks that wait, on this thread. Returns how many ran.
    package func dispatch(timeoutMs: Int32) throws(Failure) -> Int {
        try checkFork()
        return try dispatcher.dispatch(until: Clock.deadline(afterMs: timeoutMs))
    }

    /// Ends one wait of the host. `wakeupDescriptor` is the way for signal handlers.
    package func wakeup() { queue.wakeUp() }

    package func onEvent(_ handler: (@Sendable (NodeEvent) -> Void)?) throws(Failure) {
        try check()
        if handler != nil { try dispatcher.begin() }
        dispatcher.register(.events) {
            dispatcher.handlers.with { handlers in
                defer { handlers.onEvent = handler }
                return handlers.onEvent != nil
            }
        }
        queue.wantEvents(handler != nil)
    }

    package func onLog(upTo level: LogLevel, _ handler: (@Sendable (LogLevel, String) -> Void)?)
        throws(Failure)
    {
        try check()
        if handler != nil { try dispatcher.begin() }
        log.setMost(handler == nil ? nil : level)
        dispatcher.register(.log) {
            dispatcher.handlers.with { handlers in
                defer { handlers.onLog = handler }
                return handlers.onLog != nil
            }
        }
        if handler != nil { log.tellEarly(upTo: level) }
        let reports = handler != nil && level >= .trace
        try onLoop { $0.setReporting(reports) }
    }

    // MARK: helpers

    func checkFork() throws(Failure) {
        guard guest_is_forked_child() == 0 else { throw .forked }
    }

    func check() throws(Failure) {
        try checkFork()
        try published.with { (published) throws(Failure) in try published.check() }
    }

    /// Does something on the event loop and waits for it.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Runtime) -> Result) throws(Failure) -> Result {
        let runtime = runtime
        let future = SharedLoop.loop.submit { body(runtime) }
        do { return try future.wait() } catch { throw .closed }
    }

    /// Begins something on the event loop that ends some time, and waits for that.
    package func waitFor<Result: Sendable>(
        _ begin: @escaping @Sendable (Runtime, _ then: @escaping @Sendable (Result) -> Void) -> Void
    ) throws(Failure) -> Result {
        try checkFork()
        let outcome = Monitor<Result?>(nil)
        try onLoop { runtime in begin(runtime) { result in outcome.change { $0 = result } } }
        guard let result = try waitRunningCallbacks(outcome, until: nil, { $0 }) else { throw .closed }
        return result
    }

    /// Does something on the event loop that may fail, and waits for it.
    func attempt<Result: Sendable>(
        _ body: @escaping @Sendable (Runtime) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome: Swift.Result<Result, Failure> = try onLoop { runtime in
            do throws(Failure) { return .success(try body(runtime)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// Waits as `monitor.wait` does. Where the host is to dispatch by itself and no other thread does, its callbacks run
    /// here meanwhile, one between two looks.
    func waitRunningCallbacks<State, Result>(
        _ monitor: Monitor<State>, until deadline: Instant?,
        _ body: (inout State) throws(Failure) -> Result?
    ) throws(Failure) -> Result? {
        guard settings.dispatch == .manual, !dispatcher.isInside else {
            return try monitor.wait(until: deadline, body)
        }
        var pause = Interval.zero
        while true {
            let look = min(deadline ?? .distantFuture, Clock.now + pause)
            if let result = try monitor.wait(until: look, body) { return result }
            if let deadline, deadline <= Clock.now { return nil }
            // What is waited for may come at once, or take a while.
            pause =
                dispatcher.runForWaitingCall()
                ? .zero : max(.microseconds(250), min(pause * 2, .milliseconds(5)))
        }
    }
}

/// Whether this process was forked after the library was first used: nothing but closing works in it then.
package enum Forking {
    package static var isChild: Bool { guest_is_forked_child() != 0 }
}
