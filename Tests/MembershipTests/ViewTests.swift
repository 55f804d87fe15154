import Basics
import Testing
import Wire

@testable import Membership

@Suite("Finding members in a view")
struct ViewTests {
    private static func member(_ id: String) -> Member {
        Member(
            MemberRecord(
                identity: Identity(id: id, generation: 1, nonce: 1), incarnation: 0, status: .alive,
                attributes: Attributes(address: .loopback(port: 7400))),
            now: Instant(nanoseconds: 0))
    }

    /// The search guesses by proportion: ids that somebody chose to lie together must be found as well.
    @Test("every member is found, and nobody else, however unevenly the ids are hashed")
    func unevenIds() {
        let ids = (0..<20_000).map { "m\($0)" }.filter {
            let point = Fnv1a.hash($0)
            return point >> 59 == 3 || point >> 52 == 0xFFF || point >> 60 == 0
        }
        #expect(ids.count > 500)
        var view = View()
        for (index, id) in ids.enumerated() where index % 3 != 0 { view.insert(Self.member(id)) }
        for (index, id) in ids.enumerated() {
            #expect((view[id] != nil) == (index % 3 != 0))
        }
        view.remove { $0.id.hasSuffix("1") }
        for (index, id) in ids.enumerated() {
            #expect((view[id] != nil) == (index % 3 != 0 && !id.hasSuffix("1")))
        }
        #expect(view.presentStarts.count == view.presentCount)
        #expect(
            view.presentStarts.allSatisfy { start in
                view.present(at: start).contains { $0.pointStart == start }
            })
    }

    @Test("what has been said before is no news, and what is newer is")
    func oldNews() {
        var view = View()
        let member = Self.member("a")
        view.insert(member)
        #expect(view.holds(member.record))
        var newer = member.record
        newer.incarnation += 1
        #expect(!view.holds(newer))
        var dead = member.record
        dead.status = .dead
        #expect(!view.holds(dead))
        var described = member.record
        described.attributes?.version = 1
        #expect(!view.holds(described))
        var other = member.record
        other.identity.nonce = 2
        #expect(!view.holds(other))
        view.update("a") { $0.status = .suspect }
        var confirmed = member.record
        confirmed.status = .suspect
        confirmed.accuser = "b"
        #expect(!view.holds(confirmed), "another's suspicion confirms the one that stands")
    }
}
