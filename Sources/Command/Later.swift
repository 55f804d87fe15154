import CGuest
import Glibc
import Threads

/// What a thread of its own finds out.
final class Later<Value: Sendable>: @unchecked Sendable {
    private var found: Value?
    /// Readable when it is found; -1 where it was found at once.
    private let done: Int32

    init(_ body: @escaping @Sendable () -> Value) {
        done = guest_eventfd()
        guard done >= 0 else {
            found = body()
            return
        }
        let work: @Sendable () -> Void = { [self] in
            found = body()
            var one: UInt64 = 1
            _ = write(done, &one, 8)
        }
        // Where the system has no thread to give, it is done now.
        if let thread = WorkerThread.start("muster-later", work) { thread.detach() } else { work() }
    }

    deinit { if done >= 0 { guest_close(done) } }

    /// Waits for it; nil when the time is up. Asked by one thread only, and the other writes before it says so, which
    /// makes `@unchecked Sendable` true.
    func value(until deadline: Int64? = nil) -> Value? {
        while done >= 0, !Poll.wait([Poll.Place(done)], ms: Poll.left(until: deadline))[0] {
            if let deadline, Poll.now >= deadline { return nil }
        }
        return found
    }

    /// What becomes of each item, so many at a time, in the order of the items.
    static func each<Item: Sendable>(
        _ items: [Item], atOnce: Int, _ body: @escaping @Sendable (Item) -> Value
    ) -> [Value] {
        let lanes = max(1, min(atOnce, items.count))
        let running = (0..<lanes).map { lane in
            Later<[Value]> { stride(from: lane, to: items.count, by: lanes).map { body(items[$0]) } }
        }
        let found = running.map { $0.value() ?? [] }
        return items.indices.compactMap { index in
            let lane = found[index % lanes]
            return index / lanes < lane.count ? lane[index / lanes] : nil
        }
    }
}
