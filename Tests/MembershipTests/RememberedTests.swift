import Basics
import Membership
import Testing
import Wire

@Suite("A former life")
struct RememberedTests {
    /// Addresses beyond those of the numbered members.
    static func elsewhere(_ count: Int) -> [Address] {
        (0..<count).compactMap { Address(bytes: [10, 1, UInt8($0 / 250), UInt8($0 % 250)], port: 1) }
    }

    @Test("is asked at once, beside the seeds")
    func asked() {
        let stage = Stage(seeds: [Stage.address(2)], remembered: [Stage.address(3), Stage.address(4)])
        #expect(stage.requests.map(\.to) == [2, 3, 4].map { Stage.address($0) })
        #expect(stage.requests.allSatisfy { $0.message.kind == .sync })
    }

    @Test("that is silent keeps no seed waiting, nor the other way about", arguments: [true, false])
    func shares(seedLives: Bool) {
        let silent = RememberedTests.elsewhere(256)
        let living = [Stage.address(2)]
        var stage = Stage(seeds: seedLives ? living : silent, remembered: seedLives ? silent : living)
        var asked = 0
        for _ in 0..<20 {
            asked += stage.requests.filter { $0.to == living[0] }.count
            let open = stage.requests
            stage.requests = []
            stage.pass(.seconds(2))
            for request in open { stage.end(request.id, .unreachable) }
        }
        #expect(asked >= 9)
        #expect(stage.requests.count <= 8)
    }

    @Test("is walked through to its end")
    func complete() {
        let all = RememberedTests.elsewhere(100)
        var stage = Stage(remembered: all)
        var asked: Set<Address> = []
        for _ in 0..<60 {
            for request in stage.requests {
                asked.insert(request.to)
                stage.end(request.id, .refused)
            }
            stage.requests = []
            stage.pass(.seconds(1))
        }
        #expect(asked == Set(all))
    }

    @Test("ends when others are found: then it is pinged now and then, like the lost")
    func ends() {
        var stage = Stage(remembered: [Stage.address(2), Stage.address(9)])
        stage.meet(2)
        stage.pass(.seconds(20), living: [2])
        #expect(!stage.requests.contains { $0.to == Stage.address(9) })
        #expect(stage.pinged.filter { $0 == Stage.address(9) }.count >= 10)
    }

    @Test("of which nobody was met is remembered for the next")
    func unmet() {
        let all = [Stage.address(8), Stage.address(9)]
        var stage = Stage(remembered: all)
        stage.pass(.seconds(5))
        #expect(stage.membership.addressesToRemember(most: 256) == all)
        stage.meet(2)
        stage.pass(.seconds(5), living: [2])
        #expect(stage.membership.addressesToRemember(most: 256) == [Stage.address(2)] + all)
    }

    @Test("has the present first, then the dead, and none that left or was refused")
    func order() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        stage.pass(.seconds(1), living: [2, 3, 4, 5])
        stage.hear(
            Stage.record(2, .dead, incarnation: 1, accuser: "n5", evidence: .connectionRefused), from: 5)
        stage.hear(Stage.record(3, .left, incarnation: 1, evidence: .farewell), from: 5)
        stage.hear(Stage.record(4, .dead, incarnation: 1, accuser: "n5", evidence: .duplicate), from: 5)
        #expect([2, 3, 4].map { stage.status($0) } == [.dead, .left, .dead])
        #expect(stage.membership.addressesToRemember(most: 256) == [Stage.address(5), Stage.address(2)])
        #expect(stage.membership.addressesToRemember(most: 1) == [Stage.address(5)])
    }
}
