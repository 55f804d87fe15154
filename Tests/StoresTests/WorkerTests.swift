import Basics
import Testing

@testable import Stores

/// Threads that hang in foreign code.
@Suite struct WorkerTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    private func at(_ milliseconds: Int64) -> Instant { start + .milliseconds(milliseconds) }

    private func request(answerBy: Instant) -> Store.Request {
        Store.Request(work: { _, _ in {} }, refuse: { _ in }, workUntil: answerBy, answerBy: answerBy)
    }

    /// The first was replaced by the second, which hangs too.
    private func bothHang() -> Store.State {
        var state = Store.State()
        for (number, moment) in [(1, at(100)), (2, at(200))] {
            state.worker = number
            state.running = request(answerBy: moment)
            Store.expire(&state, now: moment)
        }
        return state
    }

    @Test func aSecondOneThatHangsIsWaitedFor() {
        let state = bothHang()
        #expect(state.worker == 2 && state.abandoned == 1)
        #expect(state.running == nil && state.answered.count == 2)
    }

    @Test func whenTheFirstComesBackTheSecondIsReplaced() {
        var state = bothHang()
        #expect(!Store.finish(&state, 1) {})
        Store.expire(&state, now: at(300))
        #expect(state.worker == 0 && state.abandoned == 1)
        // The third works; the second ends when it comes back.
        state.worker = 3
        state.running = request(answerBy: at(900))
        #expect(Store.finish(&state, 3) {})
        Store.expire(&state, now: at(400))
        #expect(state.worker == 3)
        #expect(!Store.finish(&state, 2) {})
        #expect(state.worker == 3 && state.abandoned == 0)
    }

    @Test func whenTheSecondComesBackItGoesOn() {
        var state = bothHang()
        #expect(Store.finish(&state, 2) {})
        #expect(!Store.finish(&state, 1) {})
        Store.expire(&state, now: at(300))
        #expect(state.worker == 2 && state.abandoned == 0)
    }

    @Test func oneThatHangsWhileItConnectsIsReplacedToo() {
        var state = bothHang()
        _ = Store.finish(&state, 2) {}
        state.connectingUntil = at(300)
        Store.expire(&state, now: at(300))
        #expect(state.worker == 2)
        #expect(!Store.finish(&state, 1) {})
        Store.expire(&state, now: at(301))
        #expect(state.worker == 0 && state.abandoned == 1)
    }
}
