import Basics
import Testing

@testable import Guardian

@Suite("A process that stands still")
struct StillnessTests {
    private let limit = Interval.milliseconds(300)

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Looks every 30 ms; when it was found to stand still, in milliseconds.
    private func found(_ stillness: inout Stillness, from start: Int64, to end: Int64, beat: (Int64) -> Int64)
        -> Int64?
    {
        stride(from: start, to: end, by: 30).first { stillness.isReached(beat: beat($0), now: at($0)) }
    }

    @Test("One whose number changes does not stand still, however slowly, below the limit")
    func changing() {
        var stillness = Stillness(limit: limit)
        #expect(found(&stillness, from: 0, to: 60_000) { $0 / 250 } == nil)
    }

    @Test("One whose number stays stands still after the limit, from the look that first showed it")
    func staying() {
        var stillness = Stillness(limit: limit)
        #expect(found(&stillness, from: 0, to: 60_000) { min($0, 600) } == 900)
    }

    @Test("The first look begins the count, whatever the number")
    func firstLook() {
        var stillness = Stillness(limit: limit)
        let isReached = stillness.isReached(beat: 0, now: at(1_000_000))
        #expect(!isReached)
    }

    @Test("What the watcher has not seen does not count: after a gap it counts anew")
    func gap() {
        var stillness = Stillness(limit: limit)
        #expect(found(&stillness, from: 0, to: 290) { _ in 7 } == nil)
        #expect(found(&stillness, from: 10_000, to: 20_000) { _ in 7 } == 10_300)
    }

    @Test("A watcher that never runs twice in a third of the limit judges nobody")
    func starved() {
        var stillness = Stillness(limit: limit)
        var judged = false
        for look in stride(from: Int64(0), to: 60_000, by: 101) {
            judged = stillness.isReached(beat: 7, now: at(look)) || judged
        }
        #expect(!judged)
    }

    @Test("One that was let off has the whole limit again")
    func forgotten() {
        var stillness = Stillness(limit: limit)
        #expect(found(&stillness, from: 0, to: 1000) { _ in 7 } == 300)
        stillness.forget()
        #expect(found(&stillness, from: 330, to: 2000) { _ in 7 } == 630)
    }
}
