import Basics
import Membership
import Testing
import Wire

@Suite("What all know already is not said again")
struct QuietTests {
    /// A member among two others that has nothing to tell any more.
    static func stage(_ change: (inout MembershipSettings) -> Void = { _ in }) -> Stage {
        var stage = Stage(change)
        stage.meet(2, 3)
        stage.pass(.seconds(15), living: [2, 3])
        stage.settle()
        stage.beacons = 0
        return stage
    }

    static func ping(_ digest: UInt64) -> Message { Message(kind: .ping, sequence: 1, digest: digest) }

    @Test("an answer has a digest only where it is not that of the question")
    func acks() {
        var stage = Self.stage()
        let digest = stage.membership.digest
        stage.hear(Self.ping(digest), from: 2)
        stage.hear(Self.ping(12345), from: 2)
        #expect(stage.sent.filter { $0.message.kind == .ack }.map(\.message.digest) == [0, digest])
    }

    @Test("an answer without a digest ends a difference")
    func agreement() {
        var stage = Self.stage { $0.probeTimeout = .seconds(10) }
        // Half an interval at least, and no sleep of this node.
        let pause = Interval.milliseconds(300)
        for _ in 0..<4 {
            stage.hear(Self.ping(12345), from: 2)
            stage.hear(Message(kind: .ack, sequence: 1), from: 2)
            stage.now = stage.now + pause
        }
        #expect(stage.requests.isEmpty)
        for _ in 0..<2 {
            stage.hear(Self.ping(12345), from: 2)
            stage.now = stage.now + pause
        }
        #expect(stage.requests.map(\.message.kind) == [.sync])
    }

    @Test("nine of ten exchanges are left out while all digests are the same, none after another")
    func exchanges() {
        var stage = Self.stage()
        #expect(Self.exchanges(&stage, seconds: 340) { $0.membership.digest } == 1)
        stage.hear(Self.ping(12345), from: 2)
        #expect(Self.exchanges(&stage, seconds: 34) { $0.membership.digest } == 1)
        // From nobody's digest nothing follows.
        #expect((9...12).contains(Self.exchanges(&stage, seconds: 330) { _ in 0 }))
    }

    /// How many exchanges are begun while another sends its digest every second.
    private static func exchanges(_ stage: inout Stage, seconds: Int, digest: (Stage) -> UInt64) -> Int {
        var count = 0
        for _ in 0..<seconds {
            stage.hear(ping(digest(stage)), from: 2)
            stage.pass(.seconds(1), living: [2, 3])
            for request in stage.requests {
                count += request.message.kind == .sync ? 1 : 0
                stage.end(request.id, .unreachable)
            }
            stage.requests = []
        }
        return count
    }

    @Test("one beacon is enough for all, nine times in a row")
    func beacons() {
        var stage = Self.stage { $0.beaconInterval = .seconds(5) }
        func listen(seconds: Int) {
            for _ in 0..<seconds {
                stage.hear(Message(kind: .beacon, port: 7400), from: 2)
                stage.pass(.seconds(1), living: [2, 3])
            }
        }
        listen(seconds: 40)
        #expect(stage.beacons == 0)
        listen(seconds: 100)
        #expect((2...3).contains(stage.beacons), "some may hear this one only")
        stage.beacons = 0
        stage.pass(.seconds(60), living: [2, 3])
        #expect((9...14).contains(stage.beacons))
    }

    @Test("the beacon of a recording keeps nobody quiet")
    func replayed() {
        var stage = Self.stage { $0.beaconInterval = .seconds(5) }
        for _ in 0..<60 {
            let beacon = Message(kind: .beacon, port: 7400)
            stage.perform(
                stage.membership.received(
                    beacon, from: Stage.identity(2), at: Stage.address(2), isFresh: false, now: stage.now))
            stage.pass(.seconds(1), living: [2, 3])
        }
        #expect((9...14).contains(stage.beacons))
    }
}
