import Basics
import NIOCore
import Threads
import Transport

/// Looking for the seeds, for as long as the node lives.
extension Runtime {
    /// The next look. How soon it is due depends on whether anybody is there, so it is asked again meanwhile.
    private func planSeeking() {
        guard !isShut, let due = lookup?.due(isAlone: isAlone) else { return }
        let wait = min(max(due - Clock.now, .zero), .seconds(5))
        SharedLoop.loop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { [weak self] in self?.seek() }
    }

    private var isAlone: Bool { engine.membership.view.presentCount == 0 }

    /// Looks, or plans to.
    func seek() {
        guard !isShut, let lookup, let due = lookup.due(isAlone: isAlone) else { return }
        guard due <= Clock.now else { return planSeeking() }
        let isAlone = isAlone
        let worker = WorkerThread.start("muster-resolve") { [weak self] in
            var lookup = lookup
            let news = lookup.refresh(isAlone: isAlone, now: Clock.now)
            let refreshed = lookup
            SharedLoop.loop.execute { [weak self] in self?.found(refreshed, news) }
        }
        worker?.detach()
        guard worker == nil else { return }
        log.write(.error, "no thread could be started to look for the seeds")
        SharedLoop.loop.scheduleTask(in: .seconds(2)) { [weak self] in self?.planSeeking() }
    }

    private func found(_ refreshed: SeedLookup, _ news: [String]) {
        guard !isShut else { return }
        for line in news { log.write(.warning, line) }
        lookup = refreshed
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
