import Basics
import CGuardian

/// Watches over one process until it is dead, and over its lease then.
struct Vigil {
    private let charge: Charge
    private let page: Page
    private let vault: any Vault
    private var stillness: Stillness
    private var nextLookAtStore = Instant.distantPast

    init(charge: Charge, page: Page, vault: any Vault) {
        self.charge = charge
        self.page = page
        self.vault = vault
        stillness = Stillness(limit: charge.frozenAfter)
    }

    /// Returns when there is nothing more to watch over.
    mutating func keep() {
        while true {
            let isLeading = page.isLeading
            // Promotions and the end are told: there is nothing to look at before.
            let found = wait(
                GUARDIAN_DIED | GUARDIAN_WORD | GUARDIAN_ENDED, isLeading ? stillness.pace : nil)
            if has(found, GUARDIAN_DIED) { return release() }
            if page.isDismissed { return }
            if has(found, GUARDIAN_ENDED) { return outlast() }
            guard page.isLeading else {
                stillness.forget()
                continue
            }
            lookAtStore()
            if stillness.isReached(beat: page.beat, now: Clock.now) { end() }
        }
    }

    // MARK: a process that stands still

    private mutating func end() {
        var tracer: Int32 = 0
        var isDumping: Int32 = 0
        guardian_look_at(charge.host, &tracer, &isDumping)
        // It dies already, and what it writes is of use to somebody.
        guard isDumping == 0 else { return stillness.forget() }
        guard tracer == 0 else {
            stillness.forget()
            return page.tell(
                GUARDIAN_SPARED,
                "this process stood still for \(charge.frozenAfter.milliseconds) ms and was not ended, since process "
                    + "\(tracer) traces it")
        }
        guardian_kill()
        // Not a dead one yet: that the loop finds out.
        stillness.forget()
    }

    // MARK: a dead process

    /// The lease must not move on before all that acts under it has ended: whoever holds the pipe does.
    private func release() {
        let end = Clock.now + charge.hold * 2
        while Clock.now < end, !has(wait(GUARDIAN_WORD | GUARDIAN_ENDED, .seconds(1)), GUARDIAN_ENDED) {}
        vault.release(page.roles, until: end)
    }

    /// Nobody holds the pipe any more, and the process lives: most likely it is about to die. It may also have become
    /// another program by exec, which is none of ours.
    private func outlast() {
        if has(wait(GUARDIAN_DIED, .seconds(10)), GUARDIAN_DIED) { release() }
    }

    // MARK: helpers

    private mutating func lookAtStore() {
        let now = Clock.now
        guard now >= nextLookAtStore else { return }
        nextLookAtStore = now + max(charge.hold, .seconds(5))
        vault.keepAtHand(page.roles)
    }

    private func wait(_ wanted: Int, _ time: Interval?) -> Int32 {
        guardian_wait(Int32(wanted), time.map { Int32(clamping: $0.milliseconds) } ?? -1)
    }

    private func has(_ found: Int32, _ what: Int) -> Bool { found & Int32(what) != 0 }
}
