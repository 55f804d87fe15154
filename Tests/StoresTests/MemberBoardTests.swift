import Basics
import Stores
import Testing

/// What one node writes to a directory, and whose entry it removes.
@Suite struct MemberBoardTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)
    private var board = MemberBoard(id: "ada", instance: 7, address: "10.0.0.1:7000")

    private func entry(_ id: String, _ counter: UInt64 = 1, instance: UInt64 = 1) -> MemberEntry {
        MemberEntry(id: id, instance: instance, counter: counter, address: "10.0.0.2:7000")
    }

    /// Exchanges with a store that holds `others` and what is announced; returns what was asked for.
    private mutating func exchange(
        _ others: [MemberEntry], at seconds: Int64, own: MemberEntry? = nil
    ) -> MemberExchange {
        let now = start + .seconds(seconds)
        let asked = board.exchange(now: now)
        let standing = asked.announce ?? own
        _ = board.found(others + [standing].compactMap { $0 }, now: now)
        return asked
    }

    @Test mutating func announcesAtFirstAndThenRarely() {
        let first = exchange([], at: 0).announce
        #expect(first == MemberEntry(id: "ada", instance: 7, counter: 1, address: "10.0.0.1:7000"))
        #expect(exchange([], at: 10, own: first) == MemberExchange())
        #expect(exchange([], at: 599, own: first) == MemberExchange())
        #expect(exchange([], at: 600, own: first).announce?.counter == 2)
    }

    @Test mutating func announcesAgainWhatDoesNotStandThere() {
        let first = exchange([], at: 0).announce
        _ = exchange([], at: 10, own: nil)
        let second = exchange([], at: 20).announce
        #expect(first?.counter == 1 && second?.counter == 2)
        // Another process has our id, or an earlier start of ours wrote late.
        _ = exchange([], at: 30, own: entry("ada", 9, instance: 8))
        #expect(exchange([], at: 40).announce?.counter == 3)
    }

    @Test mutating func announcesAgainAfterAnExchangeThatFailed() {
        #expect(board.exchange(now: start).announce?.counter == 1)
        #expect(board.exchange(now: start + .seconds(10)).announce?.counter == 2)
    }

    @Test mutating func announcesANewAddress() {
        let first = exchange([], at: 0).announce
        board.address = "10.0.0.1:7000"
        #expect(exchange([], at: 10, own: first).announce == nil)
        board.address = "10.0.0.9:7000"
        #expect(exchange([], at: 20).announce?.address == "10.0.0.9:7000")
    }

    @Test mutating func aFullListSaysNothingAboutWhoIsMissing() {
        let others = (0..<MemberEntry.mostEntries).map { entry("m\($0)") }
        _ = board.exchange(now: start)
        _ = board.found(others, now: start)
        #expect(board.exchange(now: start + .seconds(1)).announce == nil)
    }

    @Test mutating func everybodyElseIsWorthAsking() {
        let others = [entry("bob"), entry("cyd", 5)]
        _ = board.exchange(now: start)
        for seconds in [Int64(0), 100, 10_000] {
            #expect(board.found(others + [entry("ada")], now: start + .seconds(seconds)) == others)
        }
    }

    @Test mutating func removesWhatStoodStillForAnHour() {
        for seconds in stride(from: Int64(0), through: 3600, by: 60) {
            let moving = entry("cyd", UInt64(seconds))
            #expect(exchange([entry("bob"), moving], at: seconds).remove.isEmpty)
        }
        // As it was seen, so that a counter that was raised meanwhile saves it.
        #expect(exchange([entry("bob", 2)], at: 3660).remove == [entry("bob")])
        #expect(exchange([entry("bob", 2)], at: 3720).remove.isEmpty)
    }

    @Test mutating func aRestartedMemberIsNewAgain() {
        for seconds in stride(from: Int64(0), through: 3000, by: 60) {
            _ = exchange([entry("bob")], at: seconds)
        }
        for seconds in stride(from: Int64(3060), through: 4200, by: 60) {
            #expect(exchange([entry("bob", instance: 2)], at: seconds).remove.isEmpty)
        }
    }

    @Test mutating func aReaderThatSleptHasSeenNothing() {
        for seconds in stride(from: Int64(0), through: 3000, by: 60) {
            _ = exchange([entry("bob")], at: seconds)
        }
        for seconds in stride(from: Int64(3000 + 900), through: 3900 + 3600, by: 60) {
            #expect(exchange([entry("bob")], at: seconds).remove.isEmpty)
        }
        #expect(exchange([entry("bob")], at: 3900 + 3660).remove == [entry("bob")])
    }

    @Test mutating func removesAFewAtATime() {
        let others = (0..<100).map { entry("m\($0)") }
        for seconds in stride(from: Int64(0), through: 3600, by: 60) { _ = exchange(others, at: seconds) }
        #expect(exchange(others, at: 3660).remove == Array(others.prefix(MemberBoard.mostRemoved)))
    }

    @Test mutating func whoLeavesTakesItsEntryAlong() {
        #expect(board.farewell() == MemberExchange())
        let first = exchange([], at: 0).announce
        #expect(board.farewell().remove == [first].compactMap { $0 })
        // The next announcement fails, or nobody knows: either may stand there.
        let second = board.exchange(now: start + .seconds(700)).announce
        #expect(board.farewell().remove == [second, first].compactMap { $0 })
    }

    @Test mutating func whoLeavesRemovesNobodyElse() {
        _ = exchange([], at: 0)
        _ = exchange([], at: 10, own: entry("ada", 3, instance: 8))
        #expect(board.farewell().remove.map(\.instance) == [7])
    }

    @Test(arguments: [
        "10.0.0.1:7000", "[fe80::1%eth0]:7000", "10.0.0.1:7000,[::1]:7001", "host-a.example_b:1",
    ])
    func addressesMayStandInAStore(_ address: String) {
        #expect(MemberEntry(id: "ada", instance: 1, counter: 1, address: address).isValid)
    }

    @Test(arguments: [
        "", "a b", "a'b", "a\"b", "a\\b", "a{b", "a?b", "ä", "a\n", "a\0", String(repeating: "a", count: 513),
    ])
    func otherAddressesMayNot(_ address: String) {
        #expect(!MemberEntry(id: "ada", instance: 1, counter: 1, address: address).isValid)
    }

    @Test func whatNoEngineHoldsMayNotStandThere() {
        #expect(!MemberEntry(id: "", instance: 1, counter: 1, address: "a").isValid)
        #expect(!MemberEntry(id: "a\nb", instance: 1, counter: 1, address: "a").isValid)
        #expect(MemberEntry(id: "a", instance: .max, counter: 1 << 63 - 1, address: "a").isValid)
        #expect(!MemberEntry(id: "a", instance: 1, counter: 1 << 63, address: "a").isValid)
    }
}
