import Testing

@testable import Node

@Suite struct TaskResolverSeatTests {
    private func question(_ number: UInt64) -> TaskResolverSeat.Question {
        TaskResolverSeat.Question(number: number, tasks: [], nodes: []) { _ in }
    }

    /// However long the host hangs, one question waits: the last.
    @Test func oneQuestionWaits() {
        var seat = TaskResolverSeat()
        let isFirst = seat.lineUp(question(1))
        let first = seat.takeNext()?.number
        #expect(isFirst && first == 1)
        // The host is inside it.
        let areCalledFor = (2...4).map { seat.lineUp(question($0)) }
        #expect(areCalledFor == [true, false, false])
        let taken = [seat.takeNext()?.number, seat.takeNext()?.number]
        #expect(taken == [4, nil])
    }
}
