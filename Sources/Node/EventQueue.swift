import Basics
import CGuest
import Glibc
import Threads
import Wire

/// What waits for the host: a bounded queue for each of the two ways to take events, registered callbacks and
/// pulling. What is full loses its oldest, and one event says how many.
final class EventQueue: @unchecked Sendable {
    /// What a callback is run for.
    enum Delivery: Sendable {
        case event(NodeEvent)
        case message(NodeMessage)
        case log(LogLevel, String)
        case promoted(SeatState, UInt64, registration: UInt64)
        case demoted(SeatState, UInt64, isAwaited: Bool)
        case warned(SeatState)
        /// What the host does for a task.
        case work(@Sendable () -> Void)

        /// What the host has registered to be told of it; nil for what belongs to a task.
        var registration: Registration? {
            switch self {
            case .event: .events
            case .message: .messages
            case .log: .log
            case .promoted(let state, _, _): .promotion(of: ObjectIdentifier(state))
            case .demoted(let state, _, _): .demotion(of: ObjectIdentifier(state))
            case .warned(let state): .warning(of: ObjectIdentifier(state))
            case .work: nil
            }
        }
    }

    /// A queue that drops its oldest events when too many wait. What else is in it stays, in its place.
    struct Waiting<Element> {
        private var items: [(element: Element, number: UInt64?)] = []
        private var head = 0
        private var eventCount = 0
        let limit: Int
        /// How many events were dropped since the host was last told, and the number of the last of them.
        private(set) var lost: (count: UInt64, upTo: UInt64) = (0, 0)

        init(limit: Int) { self.limit = limit }

        var isEmpty: Bool { head == items.count && lost.count == 0 }

        mutating func push(event element: Element, number: UInt64) {
            if eventCount >= limit { dropOldestEvent() }
            eventCount += 1
            items.append((element, number))
            compact()
        }

        /// What is never dropped.
        mutating func push(kept element: Element) { items.append((element, nil)) }

        private mutating func dropOldestEvent() {
            guard let index = items[head...].firstIndex(where: { $0.number != nil }) else { return }
            lost = (lost.count + 1, items[index].number ?? 0)
            eventCount -= 1
            // The few in front of it move up by one place.
            for place in stride(from: index, to: head, by: -1) { items[place] = items[place - 1] }
            head += 1
        }

        private mutating func compact() {
            guard head > 64, head * 2 > items.count else { return }
            items.removeFirst(head)
            head = 0
        }

        /// What was dropped where the events that follow were copied from.
        mutating func inherit(lost: (count: UInt64, upTo: UInt64)) { self.lost = lost }

        mutating func takeLost() -> (count: UInt64, upTo: UInt64)? {
            guard lost.count > 0 else { return nil }
            defer { lost = (0, 0) }
            return lost
        }

        /// How many events wait.
        var count: Int { eventCount }

        /// How much there is to take, events or not.
        var all: Int { items.count - head + (lost.count > 0 ? 1 : 0) }

        var present: [Element] { items[head...].map(\.element) }

        mutating func pop() -> Element? {
            guard head < items.count else { return nil }
            let item = items[head]
            head += 1
            if item.number != nil { eventCount -= 1 }
            if head == items.count { removeAll() } else { compact() }
            return item.element
        }

        /// Takes out what is never dropped otherwise.
        mutating func remove(kept isUnwanted: (Element) -> Bool) {
            items.removeFirst(head)
            head = 0
            items.removeAll { $0.number == nil && isUnwanted($0.element) }
        }

        mutating func removeAll() {
            items.removeAll(keepingCapacity: true)
            head = 0
            eventCount = 0
        }
    }

    struct State {
        var callbacks: Waiting<Delivery>
        var pulled: Waiting<NodeEvent>
        var number: UInt64 = 0
        /// How many of each kind there have been.
        var kinds: [EventKind: UInt64] = [:]
        /// Events that the host was told it has missed.
        var missed: UInt64 = 0
        /// Lines of the log that wait among the callbacks, and those that found no room.
        var logCount = 0
        var lostLogs: UInt64 = 0
        /// Whether the host has pulled: from then on waiting events make the descriptor readable even where
        /// callbacks are registered.
        var isPulling = false
        var hasCallbacks = false
        /// Whether a callback for events is registered, beside those of seats.
        var wantsEvents = false
        /// Whether the first such callback has been told what happened before it.
        var hasToldPast = false
        /// Whether a callback for messages is registered, and what waits for it.
        var wantsMessages = false
        var messages = MessageRoom()
        /// Whether callbacks run on a thread of the library; they do not show on the descriptor then.
        var hasDispatcher: Bool
        /// Whether a callback has been taken and has not returned yet. The next one is taken only then: two
        /// threads of a host that dispatch run them one at a time and in their order.
        var isRunning = false
        var isSignalled = false
        /// Somebody asked that one wait end with nothing.
        var isWakeupPending = false
        /// Why there will be no more, once there will be no more.
        var ending: Failure?
        /// The node is closed: no callback is taken in or handed out any more.
        var isOver = false

        /// Whether events that nobody has pulled wait for the host. Where the library runs the callbacks, they do unless
        /// one of these takes them; a host that dispatches by itself, and may never pull, would be woken for ever.
        var showsPulled: Bool { isPulling || !(hasDispatcher ? wantsEvents : hasCallbacks) }
    }

    let monitor: Monitor<State>
    /// Readable while something waits for the host.
    let descriptor: Int32
    /// Told of every event besides the host, and takes none away from it. Set and called on the event loop.
    var observer: ((NodeEvent) -> Void)?

    /// Nil where the system has no descriptors left.
    init?(limit: Int, hasDispatcher: Bool) {
        descriptor = guest_eventfd()
        guard descriptor >= 0 else { return nil }
        monitor = Monitor(
            State(
                callbacks: Waiting(limit: limit), pulled: Waiting(limit: limit), hasDispatcher: hasDispatcher)
        )
    }

    deinit {
        guard guest_is_forked_child() == 0 else { return }
        guest_close(descriptor)
    }

    // MARK: the node's side

    /// Numbers the event and offers it to both ways. Once the host has been told the last one there are no more.
    func push(
        _ kind: EventKind, member: String, role: String, value: UInt64, detail: String,
        grounds: NodeEvent.Grounds? = nil
    ) {
        let event: NodeEvent? = monitor.change { state in
            guard state.ending == nil else { return nil }
            state.number += 1
            state.kinds[kind, default: 0] += 1
            let event = NodeEvent(
                number: state.number, epochMs: Clock.wallMilliseconds, kind: kind, member: member, role: role,
                value: value, detail: detail,
                grounds: grounds)
            state.pulled.push(event: event, number: event.number)
            if state.wantsEvents, !state.isOver {
                state.callbacks.push(event: .event(event), number: event.number)
            }
            signal(&state)
            return event
        }
        if let event { observer?(event) }
    }

    /// A callback for events begins or ends. The first one is told first what has happened since the node was
    /// started and nobody has pulled: a host that registers right after joining misses nothing.
    func wantEvents(_ wants: Bool) {
        monitor.change { state in
            guard !state.isOver else { return }
            if wants, !state.hasToldPast {
                state.hasToldPast = true
                state.callbacks.inherit(lost: state.pulled.lost)
                for event in state.pulled.present {
                    state.callbacks.push(event: .event(event), number: event.number)
                }
            }
            state.wantsEvents = wants
            signal(&state)
        }
    }

    /// News of a role: a host must never miss it, however much else happens. There are as few of them as there are
    /// changes of the role.
    func deliver(_ delivery: Delivery) {
        monitor.change { state in
            guard !state.isOver else { return }
            state.callbacks.push(kept: delivery)
            signal(&state)
        }
    }

    /// A line of the log takes no event's room.
    func deliver(_ level: LogLevel, _ text: String) {
        monitor.change { state in
            guard !state.isOver else { return }
            guard state.logCount < state.callbacks.limit else {
                state.lostLogs += 1
                return
            }
            state.logCount += 1
            state.callbacks.push(kept: .log(level, text))
            signal(&state)
        }
    }

    /// A message takes no event's room either, and finds its own or none.
    func deliver(_ message: NodeMessage) -> Receipt {
        monitor.change { state in
            guard state.wantsMessages, !state.isOver else { return .unwanted }
            guard state.messages.enter(message) else { return .full }
            state.callbacks.push(kept: .message(message))
            signal(&state)
            return .taken
        }
    }

    /// What waits for a callback that is no more is dropped: it is not the next one's.
    func wantMessages(_ wants: Bool) {
        monitor.change { state in
            state.wantsMessages = wants
            guard !wants else { return }
            state.messages = MessageRoom()
            state.callbacks.remove { if case .message = $0 { true } else { false } }
            signal(&state)
        }
    }

    /// What waits is still handed out; whoever wants more is told why there is none.
    func close(_ reason: Failure) {
        monitor.change { state in
            state.ending = reason
            signal(&state)
        }
    }

    /// For good: nothing is handed out any more. Returns when no callback runs.
    func end() {
        monitor.change { state in
            state.isOver = true
            state.callbacks.removeAll()
        }
        waitUntilIdle()
    }

    /// Returns when no callback runs.
    func waitUntilIdle() { _ = monitor.wait(until: nil) { $0.isRunning ? nil : true } }

    // MARK: the host's side

    func pull(until deadline: Instant?) throws(Failure) -> NodeEvent? {
        monitor.with { $0.isPulling = true }
        let taken = try monitor.wait(until: deadline) { (state) throws(Failure) -> NodeEvent?? in
            defer { signal(&state) }
            if let lost = state.pulled.takeLost() { return .some(Self.event(lost, &state)) }
            if let event = state.pulled.pop() { return .some(event) }
            if let ending = state.ending { throw ending }
            return takeWakeup(&state) ? .some(nil) : nil
        }
        return taken ?? nil
    }

    /// The next callback to run, to be followed by `hasRun()`. Wake-ups are for `dispatch` and `pull` alone: neither the
    /// library's own dispatcher nor a call that waits for something else takes one away.
    func nextDelivery(until deadline: Instant?, heedsWakeup: Bool) -> Delivery? {
        let taken = monitor.wait(until: deadline) { state -> Delivery?? in
            defer { signal(&state) }
            guard !state.isOver else { return .some(nil) }
            if !state.isRunning, let delivery = take(&state) {
                state.isRunning = true
                return .some(delivery)
            }
            if heedsWakeup, takeWakeup(&state) { return .some(nil) }
            if state.isRunning, !state.callbacks.isEmpty { return nil }
            return state.ending != nil ? .some(nil) : nil
        }
        return taken ?? nil
    }

    private func take(_ state: inout State) -> Delivery? {
        if let lost = state.callbacks.takeLost() { return .event(Self.event(lost, &state)) }
        if state.logCount == 0, state.lostLogs > 0 {
            defer { state.lostLogs = 0 }
            return .log(.warning, "\(state.lostLogs) lines of the log were dropped: too many were waiting")
        }
        let delivery = state.callbacks.pop()
        switch delivery {
        case .log: state.logCount -= 1
        case .message(let message): state.messages.leave(message)
        default: break
        }
        return delivery
    }

    func hasRun() {
        monitor.change { state in
            state.isRunning = false
            signal(&state)
        }
    }

    /// How many callbacks wait.
    var callbackCount: Int {
        monitor.with { $0.callbacks.all + ($0.logCount == 0 && $0.lostLogs > 0 ? 1 : 0) }
    }

    /// Whether a wait of the host was to end.
    func takeWakeup() -> Bool {
        monitor.with { state in
            defer { signal(&state) }
            return takeWakeup(&state)
        }
    }

    /// How many events there have been, and how many of them the host was told it has missed.
    var counts: (pushed: UInt64, missed: UInt64) { monitor.with { ($0.number, $0.missed) } }

    var kinds: [EventKind: UInt64] { monitor.with { $0.kinds } }

    /// How many events wait for the host, in the way that it takes them.
    var waiting: Int {
        monitor.with { $0.isPulling || !$0.wantsEvents ? $0.pulled.count : $0.callbacks.count }
    }

    /// Why nothing more will come, where nothing more will come.
    var ending: Failure? { monitor.with { $0.callbacks.isEmpty ? $0.ending : nil } }

    /// Ends one wait of the host with nothing, the present or the next.
    func wakeUp() {
        monitor.change { state in
            state.isWakeupPending = true
            signal(&state)
        }
    }

    private func takeWakeup(_ state: inout State) -> Bool {
        defer { state.isWakeupPending = false }
        return state.isWakeupPending
    }

    /// Stands for the dropped ones, under the number of the last of them: numbers go on from there.
    private static func event(_ lost: (count: UInt64, upTo: UInt64), _ state: inout State) -> NodeEvent {
        state.missed += lost.count
        return NodeEvent(
            number: lost.upTo, epochMs: Clock.wallMilliseconds, kind: .lost, member: "", role: "",
            value: lost.count,
            detail: "\(lost.count) events were dropped: too many were waiting")
    }

    /// Makes the descriptor readable while something waits in the way the host takes it.
    private func signal(_ state: inout State) {
        let waits =
            state.ending != nil || state.isWakeupPending
            || (!state.hasDispatcher && !state.isRunning && !state.callbacks.isEmpty)
            || (state.showsPulled && !state.pulled.isEmpty)
        guard waits != state.isSignalled else { return }
        var count: UInt64 = 1
        if waits { _ = write(descriptor, &count, 8) } else { _ = read(descriptor, &count, 8) }
        state.isSignalled = waits
    }
}
