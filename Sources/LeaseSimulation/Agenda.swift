import Basics

/// What is still to happen, in the order of time; what falls on the same instant, in the order in which it was put in.
struct Agenda<Event: Sendable>: Sendable {
    private var heap: [(at: Instant, order: UInt64, event: Event)] = []
    private var last: UInt64 = 0

    var nextTime: Instant? { heap.first?.at }

    mutating func put(_ event: Event, at instant: Instant) {
        last += 1
        heap.append((instant, last, event))
        var index = heap.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func take() -> (at: Instant, event: Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != index else { break }
            heap.swapAt(index, least)
            index = least
        }
        return (first.at, first.event)
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        heap[one].at != heap[other].at
            ? heap[one].at < heap[other].at : heap[one].order < heap[other].order
    }
}
