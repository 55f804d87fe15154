import Basics
import Testing

@testable import Tasks

/// A task that somebody moves to any other node.
@Suite struct MovingTests {
    private let now = Instant.distantPast + .seconds(1000)

    /// Who is told to begin.
    private func told(_ actions: [CoordinatorAction]) -> (node: String, token: UInt64)? {
        for case .send(.assign(_, let token), let id) in actions { return (id, token) }
        return nil
    }

    /// Its next look would move it back.
    @Test func notAgainstNames() throws {
        var office = Office(nodes: ["a", "b"], resolver: ResolverSettings(kind: .rendezvous))
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t")]) }
        office.wait(.milliseconds(50))
        office.obey("t")
        let node = try #require(office.given("t")?.node)
        for target in ["", office.other(than: node)] {
            #expect(office.order(.move, "t", target: target) == .noCandidate)
        }
        #expect(office.stops("t").isEmpty)
    }

    /// Each other node that had it a moment ago may have it again.
    @Test func asOftenAsTheyLike() throws {
        let ids = ["a", "b", "c"]
        let settings = CoordinatorSettings(
            id: "a", isLeased: false, trust: .seconds(1), lostAfter: .seconds(10), keepsRows: true)
        var coordinator = Coordinator(settings: settings, epoch: 1, seed: 1, now: now)
        _ = coordinator.see(ids.map { TaskPeer(id: $0, instance: 1) }, now: now)
        var actions: [CoordinatorAction] = []
        func hear(_ mail: TaskMail, _ id: String, _ now: Instant) {
            actions = coordinator.received(mail, from: id, isTrusted: true, now: now)
        }
        for id in ids {
            hear(.hello(weight: 1, labels: [], rowsDigest: 0), id, now)
            hear(.offers([TaskDefinition(name: "x", kind: .task)]), id, now)
            hear(.ready, id, now)
        }
        var owner = try #require(told(actions))
        for round in 1...6 {
            let now = now + .milliseconds(100) * Int64(round)
            hear(.report(TaskReport(name: "x", token: owner.token, .running)), owner.node, now)
            hear(.order(TaskOrder(id: UInt64(round), .move, name: "x")), "a", now)
            hear(.report(TaskReport(name: "x", token: owner.token, .stopped)), owner.node, now)
            let next = try #require(
                told(actions) ?? told(coordinator.tick(now: now + .milliseconds(50))), "move \(round)")
            #expect(next.node != owner.node)
            owner = next
        }
    }
}
