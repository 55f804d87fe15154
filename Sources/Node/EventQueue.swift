import Basics
import CGuest
import Glibc

/// What waits for the host: a bounded queue for each of the two ways to take events, registered callbacks and
/// pulling. What is full loses its oldest, and one event says how many.
final class EventQueue: @unchecked Sendable {
    /// What a callback is run for.
    enum Delivery: Sendable {
        case event(NodeEvent)
        case log(LogLevel, String)
        case promoted(SeatState, UInt64)
        case demoted(SeatState, UInt64, isAwaited: Bool)
    }

    struct Bounded<Element> {
        private var items: [Element] = []
        private var head = 0
        var lost: UInt64 = 0
        let limit: Int

        init(limit: Int) { self.limit = limit }

        var isEmpty: Bool { head == items.count && lost == 0 }

        mutating func push(_ item: Element) {
            if items.count - head >= limit {
                head += 1
                lost += 1
            }
            items.append(item)
            if head > 64, head * 2 > items.count {
                items.removeFirst(head)
                head = 0
            }
        }

        /// How many were lost since the last question, if any.
        mutating func takeLost() -> UInt64? {
            guard lost > 0 else { return nil }
            defer { lost = 0 }
            return lost
        }

        var waiting: ArraySlice<Element> { items[head...] }

        mutating func pop() -> Element? {
            guard head < items.count else { return nil }
            defer {
                head += 1
                if head == items.count {
                    items.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            return items[head]
        }
    }

    struct State {
        var callbacks: Bounded<Delivery>
        var pulled: Bounded<NodeEvent>
        var number: UInt64 = 0
        /// Whether the host has pulled: from then on waiting events make the descriptor readable even where
        /// callbacks are registered.
        var isPulling = false
        var hasCallbacks = false
        /// Whether a callback for events is registered, beside those of seats.
        var wantsEvents = false
        /// Whether callbacks run on a thread of the library; they do not show on the descriptor then.
        var hasDispatcher: Bool
        var isSignalled = false
        /// Somebody asked that one wait end with nothing.
        var isWakeupPending = false
        /// Set when no more events will come: what a wait answers once the queue is empty.
        var end: Failure?
        /// A thread of the host is running callbacks: what waits behind is its to run, nobody else need be woken.
        var isDispatching = false
        /// What happened before the first callback has been handed to it.
        var hasToldPast = false
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
                callbacks: Bounded(limit: limit), pulled: Bounded(limit: limit), hasDispatcher: hasDispatcher)
        )
    }

    deinit {
        guard guest_is_forked_child() == 0 else { return }
        guest_close(descriptor)
    }

    // MARK: the node's side

    /// Numbers the event and offers it to both ways.
    func push(_ kind: EventKind, member: String, role: String, value: UInt64, detail: String) {
        let event = monitor.change { state in
            state.number += 1
            let event = NodeEvent(
                number: state.number, kind: kind, member: member, role: role, value: value, detail: detail)
            state.pulled.push(event)
            if state.wantsEvents { state.callbacks.push(.event(event)) }
            signal(&state)
            return event
        }
        observer?(event)
    }

    /// A callback for events begins or ends. One that begins is told first what has happened since the node
    /// was started and nobody has pulled: a host that registers right after joining misses nothing.
    func wantEvents(_ wants: Bool) {
        monitor.change { state in
            if wants, !state.hasToldPast {
                state.hasToldPast = true
                for event in state.pulled.waiting { state.callbacks.push(.event(event)) }
            }
            state.wantsEvents = wants
            signal(&state)
        }
    }

    func deliver(_ delivery: Delivery) {
        monitor.change { state in
            state.callbacks.push(delivery)
            signal(&state)
        }
    }

    /// No more events will come, for this reason. What waits can still be taken.
    func end(_ reason: Failure) {
        monitor.change { state in
            state.end = state.end ?? reason
            signal(&state)
        }
    }

    // MARK: the host's side

    func pull(until deadline: Instant?) throws(Failure) -> NodeEvent? {
        monitor.with { $0.isPulling = true }
        let taken = try monitor.wait(until: deadline) { (state) throws(Failure) -> NodeEvent?? in
            defer { signal(&state) }
            if let count = state.pulled.takeLost() { return .some(lost(count, "events", &state)) }
            if let event = state.pulled.pop() { return .some(event) }
            if let end = state.end { throw end }
            return takeWakeup(&state) ? .some(nil) : nil
        }
        return taken ?? nil
    }

    /// The next callback to run. The library's own dispatcher does not heed wake-ups: they are for waits of
    /// the host.
    func nextDelivery(until deadline: Instant?, heedsWakeup: Bool) -> Delivery? {
        let taken = monitor.wait(until: deadline) { state -> Delivery?? in
            defer { signal(&state) }
            if let count = state.callbacks.takeLost() {
                return .some(.event(lost(count, "callbacks", &state)))
            }
            if let delivery = state.callbacks.pop() { return .some(delivery) }
            return state.end != nil || (heedsWakeup && takeWakeup(&state)) ? .some(nil) : nil
        }
        return taken ?? nil
    }

    func dispatching(_ isDispatching: Bool) {
        monitor.change { state in
            state.isDispatching = isDispatching
            signal(&state)
        }
    }

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

    private func lost(_ count: UInt64, _ what: String, _ state: inout State) -> NodeEvent {
        state.number += 1
        return NodeEvent(
            number: state.number, kind: .lost, member: "", role: "", value: count,
            detail: "\(count) \(what) were dropped: the queue was full")
    }

    /// Makes the descriptor readable while something waits in the way the host takes it.
    private func signal(_ state: inout State) {
        let waits =
            state.end != nil || state.isWakeupPending
            || (!state.hasDispatcher && state.hasCallbacks && !state.isDispatching && !state.callbacks.isEmpty)
            || ((state.isPulling || !state.hasCallbacks) && !state.pulled.isEmpty)
        guard waits != state.isSignalled else { return }
        var count: UInt64 = 1
        if waits { _ = write(descriptor, &count, 8) } else { _ = read(descriptor, &count, 8) }
        state.isSignalled = waits
    }
}
