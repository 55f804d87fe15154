import Basics
import Testing

@testable import Node

/// How long a host may go on when what it was given has run out.
@Suite struct LateHostTests {
    private let start = Instant(nanoseconds: 5_000_000_000)
    private let margin = Interval.milliseconds(800)

    private func at(_ milliseconds: Int64) -> Instant { start + .milliseconds(milliseconds) }

    private func primary(until: Instant) -> SeatState {
        let state = SeatState(role: "primary")
        state.set(token: 7, trustedUntil: until, rank: 0)
        state.setWork(token: 7, until: until)
        return state
    }

    /// However much else there is to look at, and however long trust lasts when it is new.
    @Test func itsEndIsLookedAtWhenItComes() {
        var late = LateHost(limit: margin)
        let state = primary(until: at(100))
        #expect(late.look(at: state.work, of: "primary", now: start) == (false, at(100)))
        #expect(late.look(at: state.work, of: "primary", now: at(100)) == (false, at(900)))
        #expect(late.look(at: state.work, of: "primary", now: at(900)).isOver)
    }

    /// The event loop was stuck and finds the loss only later: that gives the host no time anew.
    @Test func itCountsOnWhenTheLossIsNoticed() {
        var late = LateHost(limit: margin)
        let state = primary(until: at(100))
        _ = late.look(at: state.work, of: "primary", now: at(100))
        state.set(token: nil, trustedUntil: .distantPast, rank: 1)
        state.setWork(token: nil, until: nil)
        #expect(late.look(at: state.work, of: "primary", now: at(600)) == (false, at(900)))
        #expect(late.look(at: state.work, of: "primary", now: at(900)).isOver)
    }

    /// It hands over, and loses its lease before the demote callback has returned.
    @Test func aHostThatIsStoppingHasAsLongAsTheLease() {
        var late = LateHost(limit: margin)
        let state = primary(until: at(100))
        state.set(token: nil, trustedUntil: .distantPast, rank: 1)
        state.setWork(token: nil, until: at(400))
        #expect(late.look(at: state.work, of: "primary", now: at(100)) == (false, at(400)))
        state.setWork(token: nil, until: nil)
        #expect(late.look(at: state.work, of: "primary", now: at(400)) == (false, at(1200)))
        #expect(late.look(at: state.work, of: "primary", now: at(1200)).isOver)
    }

    @Test func oneThatHasStoppedOrIsRenewedIsNotLate() {
        var late = LateHost(limit: margin)
        let state = primary(until: at(100))
        _ = late.look(at: state.work, of: "primary", now: at(100))
        state.setWork(token: 7, until: at(1000))
        #expect(late.look(at: state.work, of: "primary", now: at(950)) == (false, at(1000)))
        _ = late.look(at: state.work, of: "primary", now: at(1000))
        state.callbacks.with { $0.stoppedToken = 7 }
        #expect(late.look(at: state.work, of: "primary", now: at(9000)) == (false, .distantFuture))
    }

    /// A process that was stopped has its time when it runs again.
    @Test func theTimeCountsFromWhenItIsSeen() {
        var late = LateHost(limit: margin)
        let state = primary(until: at(100))
        #expect(late.look(at: state.work, of: "primary", now: at(60_000)) == (false, at(60_800)))
    }

    @Test(arguments: [nil, Interval.zero])
    func withoutALimitNobodyIsLate(limit: Interval?) {
        var late = LateHost(limit: limit)
        let state = primary(until: at(100))
        #expect(late.look(at: state.work, of: "primary", now: at(90_000)) == (false, .distantFuture))
    }
}
