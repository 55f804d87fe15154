/// How much of what is bounded in time is still under way: in a calm cluster next to nothing.
package struct PendingWork: Sendable {
    package var requests = 0
    package var news = 0
    package var probes = 0
    package var relays = 0
    package var inquests = 0
    package var newcomers = 0
    package var judged = 0

    /// Whether this is what a member has at hand between two probes.
    package var isSmall: Bool {
        requests <= 8 && news == 0 && probes <= 3 && relays <= 3 && inquests == 0 && newcomers == 0
            && judged == 0
    }
}

extension Membership {
    package var pendingWork: PendingWork {
        PendingWork(
            requests: requests.count, news: gossip.count + broadcasts.entries.count,
            probes: probing.open.count,
            relays: probing.relays.count, inquests: inquests.open.count, newcomers: newcomers.waiting.count,
            judged: judged.count)
    }
}
