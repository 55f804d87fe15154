import Basics
import Lease

/// The operator who changes the voters while all else goes on.
extension LeaseWorld {
    private static let fewest = 3
    private static let most = 7

    /// Appends the next list, one voter more or less, when all have the present one; nobody waits for that who hurries.
    mutating func appendList() {
        guard let list = lists.last, scenario.hurries || isInForce(list) else { return }
        let names = list.voters
        let grows = names.count <= Self.fewest || (names.count < Self.most && generator.below(2) == 0)
        var next = names
        let gone = (1...max(1, votersEver)).map { "v\($0)" }.filter { !names.contains($0) }
        if grows, !gone.isEmpty, generator.below(2) == 0 {
            // One that was a voter before comes back, with what it remembers.
            next.append(gone[generator.below(gone.count)])
        } else if grows {
            votersEver += 1
            next.append("v\(votersEver)")
        } else {
            next.remove(at: generator.below(names.count))
        }
        guard let following = VoterList(number: list.number + 1, voters: next, predecessor: list.hash) else {
            return checker.fail(now, "the next list of voters is none")
        }
        note("the voters shall be \(next.joined(separator: " "))")
        lists.append(following)
        checker.changes += 1
        agenda.push(.rollOut, at: now + .milliseconds(Int64(generator.below(1000))))
    }

    /// Restarts one node that does not have the newest list yet, a new voter before all others, and comes back.
    mutating func rollOut() {
        guard let list = lists.last else { return }
        let soon = now + .milliseconds(Int64(generator.below(3000)))
        if isCalm { return agenda.push(.rollOut, at: soon) }
        if let name = list.voters.first(where: { name in !voters.contains { $0.id == name } }) {
            addVoter(name)
            return agenda.push(.rollOut, at: soon)
        }
        let old = (
            clients: clients.indices.filter { clients[$0].listed < lists.count },
            voters: voters.indices.filter { voters[$0].listed < lists.count }
        )
        guard !old.clients.isEmpty || !old.voters.isEmpty else { return }
        let chosen = generator.below(old.clients.count + old.voters.count)
        if chosen < old.clients.count {
            let client = old.clients[chosen]
            clients[client].listed = lists.count
            kill(client)
            restart(client)
        } else {
            let voter = old.voters[chosen - old.clients.count]
            voters[voter].listed = lists.count
            restartVoter(voter, losesDisk: false)
        }
        agenda.push(.rollOut, at: soon)
    }

    /// Whether all nodes have this list, and every voter of it votes under it and knows it to be in use.
    func isInForce(_ list: VoterList) -> Bool {
        guard forgetful(of: list).isEmpty, clients.allSatisfy({ $0.listed == lists.count }) else {
            return false
        }
        return voters.allSatisfy {
            guard list.voters.contains($0.id) else { return $0.listed == lists.count }
            return $0.disk?.list == list && $0.disk?.settledList == list.number
        }
    }

    /// Those of a list that have no memory: new, not there yet, or without their disk.
    func forgetful(of list: VoterList) -> [String] {
        list.voters.filter { name in
            guard let voter = voters.first(where: { $0.id == name }) else { return true }
            return voter.voter.hasLostMemory || voter.disk == nil
        }
    }
}
