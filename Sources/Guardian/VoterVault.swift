import Basics
import CGuardian

/// The voters: one is told that the node is dead, with the secret that proves it, and gives the leases back.
///
/// They are written to in turn, since whoever is asked may be dead too, until one has answered for each role: the first
/// round quickly, then more and more slowly.
final class VoterVault: Vault {
    private let letter: [UInt8]
    private let receipt: [UInt8]
    private let page: Page

    private static let shortestPause = Interval.milliseconds(25)
    private static let longestPause = Interval.milliseconds(500)

    init(_ charge: Charge, page: Page) {
        letter = charge.letter
        receipt = charge.receipt
        self.page = page
    }

    func keepAtHand(_ roles: [String]) {}

    func release(_ roles: [String], until end: Instant) {
        let voters = page.voters
        guard !voters.isEmpty else { return }
        var open = roles.map { Array($0.utf8) }
        var pause = VoterVault.shortestPause
        var turn = 0
        while !open.isEmpty, Clock.now < end {
            let voter = voters[turn % voters.count]
            for role in open { send(letter + role, to: voter) }
            turn += 1
            if turn > voters.count { pause = min(pause * 2, VoterVault.longestPause) }
            let next = Clock.now + pause
            while !open.isEmpty, Clock.now < next {
                let answer = receive(until: next)
                open.removeAll { receipt + $0 == answer }
            }
        }
    }

    private func send(_ bytes: [UInt8], to voter: [UInt8]) {
        guardian_send(bytes, bytes.count, voter, voter.count)
    }

    private func receive(until end: Instant) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(GUARDIAN_LETTER) + Int(GUARDIAN_NAME))
        let left: Interval = end - Clock.now
        let length = guardian_receive(&bytes, bytes.count, Int32(clamping: left.milliseconds + 1))
        return Array(bytes.prefix(length))
    }
}
