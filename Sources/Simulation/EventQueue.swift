import Basics

/// What is still to happen, in the order of time; what falls on the same instant happens in the order in which
/// it was put in, so that a run is the same every time.
struct EventQueue<Event: Sendable>: Sendable {
    /// A binary heap of small keys; the events themselves lie still.
    private var heap: [Key] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var lastSequence: UInt64 = 0

    private struct Key: Sendable {
        var at: Int64
        var sequence: UInt64
        var slot: Int

        func isBefore(_ other: Key) -> Bool {
            at != other.at ? at < other.at : sequence < other.sequence
        }
    }

    var isEmpty: Bool { heap.isEmpty }
    var count: Int { heap.count }
    var nextTime: Instant? { heap.first.map { Instant(nanoseconds: $0.at) } }

    mutating func push(_ event: Event, at instant: Instant) {
        lastSequence += 1
        var slot = events.count
        if let reused = free.popLast() {
            slot = reused
            events[slot] = event
        } else {
            events.append(event)
        }
        heap.append(Key(at: instant.nanoseconds, sequence: lastSequence, slot: slot))
        siftUp(heap.count - 1)
    }

    mutating func pop() -> (at: Instant, event: Event)? {
        guard let first = heap.first, let event = events[first.slot].take() else { return nil }
        free.append(first.slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return (Instant(nanoseconds: first.at), event)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        let key = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard key.isBefore(heap[parent]) else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = key
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let key = heap[index]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(key) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = key
    }
}
