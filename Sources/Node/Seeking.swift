import Basics
import NIOCore
import Threads
import Transport

/// Looking for the seeds, for as long as the node lives.
extension Runtime {
    /// The next look. How soon it is due depends on whether anybody is there, so it is asked again meanwhile.
    private func planSeeking() {
        nextSeek?.cancel()
        guard !isShut, let due = lookup?.due(isAlone: isAlone) else { return }
        let wait = min(max(due - Clock.now, .zero), .seconds(5))
        nextSeek = SharedLoop.loop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { [weak self] in
            self?.seek()
        }
    }

    private var isAlone: Bool { engine.membership.view.presentCount == 0 }

    /// Begins what is due, and plans the rest.
    func seek() {
        guard !isShut else { return }
        for look in lookup?.begin(isAlone: isAlone, now: Clock.now) ?? [] { begin(look) }
        renewSeeds()
        planSeeking()
    }

    private func begin(_ look: SeedLookup.Look) {
        let worker = WorkerThread.start("muster-resolve") { [weak self] in
            let finding = look.finding()
            SharedLoop.loop.execute { [weak self] in self?.found(finding) }
        }
        worker?.detach()
        guard worker == nil else { return }
        log.write(.error, "no thread could be started to look for the seeds")
        lookup?.failed(look, now: Clock.now)
    }

    private func found(_ finding: SeedLookup.Finding) {
        guard !isShut else { return }
        for line in lookup?.found(finding, now: Clock.now) ?? [] { log.write(.warning, line) }
        renewSeeds()
        planSeeking()
    }

    func renewSeeds() {
        let addresses = seedAddresses()
        guard addresses != seeds else { return }
        seeds = addresses
        step { $0.seedsResolved(addresses, now: $1) }
    }

    /// The seeds' addresses, as the core knows addresses.
    func seedAddresses() -> [Address] {
        let named = lookup?.addresses.map { scopes.learn($0) } ?? []
        return named + (storeSeeking?.addresses.filter { !named.contains($0) } ?? [])
    }
}
