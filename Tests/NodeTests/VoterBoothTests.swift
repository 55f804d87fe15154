import Basics
import Foundation
import Lease
import Memory
import Testing

@testable import Node

/// The roles that one node votes in.
@Suite struct VoterBoothTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "muster-\(UUID().uuidString)")
        .path

    private func keeper(_ roles: Int) throws -> Keeper {
        let claim = try StateFile.claim(in: path, cluster: "orders", nodeId: "v1") { "" }
        var memory = claim.memory
        for role in 0..<roles {
            memory.ballots["r\(role)"] = Ballots(
                epoch: 5, listNumber: 1, voters: ["v1"], predecessor: 0, settledList: 1)
        }
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: false))
        return Keeper(claim.file, holding: memory, log: Log(queue))
    }

    /// What was voted in once keeps its place, so that its epoch is never the one that falls out of the state file.
    @Test func theRolesThatAreRememberedCountThoughNobodyAsksYet() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let keeper = try keeper(VoterBooth.mostRoles - 1)
        let list = try #require(VoterList(number: 1, voters: ["v1"]))
        let booth = VoterBooth(
            id: "v1", list: list, lists: [list], longestHold: .seconds(3), startedAt: Clock.now,
            keeper: keeper)
        var answered: [String] = []
        var told: [String] = []
        booth.overcrowded = { told.append($0) }
        for role in ["new", "newer", "newest", "r7", "new"] {
            let request = VoterRequest(
                number: 1, writer: LeaseCandidate(id: "a", instance: 1), list: list, settledList: 1,
                body: .recall)
            booth.received(request, role: role) { _ in answered.append(role) }
        }
        booth.close()
        #expect(answered == ["new", "r7", "new"])
        #expect(told == ["newer"])
    }
}
