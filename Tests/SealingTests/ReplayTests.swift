import Basics
import Testing

@testable import Sealing

/// A `ReplayWindow` that expectations can change.
private final class Window {
    private var window: ReplayWindow
    init(after counter: UInt64) { window = ReplayWindow(after: counter) }
    func accept(_ counter: UInt64) -> Bool { window.accept(counter) }
}

@Suite struct ReplayTests {
    @Test func acceptsEachCounterOnceInAnyOrder() {
        let window = Window(after: 0)
        var generator = SeededGenerator(seed: 3)
        for counter in (UInt64(1)...1024).shuffled(using: &generator) {
            let first = window.accept(counter)
            let second = window.accept(counter)
            #expect(first && !second)
        }
    }

    @Test func endsAt1024Counters() {
        let window = Window(after: 0)
        #expect(window.accept(5000))
        #expect(!window.accept(5000 - 1024))
        #expect(window.accept(5000 - 1023))
        #expect(!window.accept(5000 - 1023))
        #expect(window.accept(4999))
    }

    @Test(arguments: [1, 2, 63, 64, 65, 1022, 1023, 1024, 1025, 100_000] as [UInt64])
    func jumpsKeepWhatIsInsideAndForgetTheRest(_ jump: UInt64) {
        let window = Window(after: 2000)
        #expect(window.accept(2001))
        #expect(window.accept(2001 + jump))
        #expect(!window.accept(2001), "seen, or too old")
        #expect(!window.accept(2000), "before the admission, or too old")
        for counter in (2002..<(2001 + jump)).suffix(1023) { #expect(window.accept(counter)) }
        #expect(!window.accept(2001 + jump))
    }

    @Test func standsAtTheEndOfNumbers() {
        let window = Window(after: .max - 1)
        #expect(window.accept(.max))
        #expect(!window.accept(.max))
        #expect(!window.accept(.max - 1))
        #expect(!window.accept(0))
    }

    @Test func agreesWithASet() {
        var generator = SeededGenerator(seed: 4)
        let window = Window(after: 0)
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        for _ in 0..<20_000 {
            let centre = highest + UInt64(generator.below(40))
            let counter = max(1, centre - min(centre, UInt64(generator.below(1100))))
            let isTooOld = highest > counter && highest - counter >= 1024
            #expect(window.accept(counter) == (!isTooOld && !seen.contains(counter)))
            if !isTooOld { seen.insert(counter) }
            highest = max(highest, counter)
        }
    }

    @Test func onlyKnownSendersAreWatched() throws {
        let keys = [try sampleKey(1)]
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        let first = try alice.seal([1])
        #expect(bob.refusal(first) == nil)
        #expect(bob.refusal(first) == nil, "a stranger's datagram is a hint, as often as it comes")
        #expect(bob.knownCount == 0)

        bob.admit("alice")
        #expect(try bob.open(first).isKnown)
        #expect(bob.refusal(first) == .replayed)
        bob.admit("alice")
        #expect(bob.refusal(first) == .replayed, "admitting again changes nothing")

        bob.forget("alice")
        #expect(bob.knownCount == 0)
        #expect(try !bob.open(first).isKnown)
    }

    @Test func admissionRefusesWhatCameBefore() throws {
        let keys = [try sampleKey(1)]
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        let recorded = try alice.seal([1])
        let shown = try alice.seal([2])
        bob.admit("alice", after: try bob.open(shown).counter)
        #expect(bob.refusal(recorded) == .replayed)
        #expect(bob.refusal(shown) == .replayed)
        let fresh = try alice.seal([3])
        #expect(bob.refusal(fresh) == nil)
    }

    @Test func forgedCountersMoveNoWindow() throws {
        let keys = [try sampleKey(1)]
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        bob.admit("alice")
        let datagram = try alice.seal([1])
        for byte in 34..<42 {
            var forged = datagram
            forged[byte] ^= 0x80
            #expect(bob.refusal(forged) == .forged)
        }
        #expect(bob.refusal(datagram) == nil)
    }

    @Test func instancesHaveWindowsOfTheirOwn() throws {
        let keys = [try sampleKey(1)]
        let bob = try Member("bob", keys: keys)
        for nonce in UInt64(1)...3 {
            let sender = identity("alice", nonce: nonce)
            let alice = try Member(sender: sender, keys: keys)
            bob.admit(sender)
            let datagram = try alice.seal([1])
            #expect(bob.refusal(datagram) == nil)
            #expect(bob.refusal(datagram) == .replayed)
        }
        #expect(bob.knownCount == 3)
    }

    @Test func plainModeWatchesNobody() throws {
        let bob = try Member("bob", keys: [])
        bob.admit("alice")
        #expect(bob.knownCount == 0)
    }
}
