import Basics

/// What former coordinators gave to nodes that have not spoken to this one yet, as this node was told.
///
/// Where the members decide a node that is there goes on with what it has, whatever becomes of its stream to the
/// coordinator: nobody else begins that before it has spoken, or is gone. Under a lease its trust decides.
extension Coordinator {
    mutating func inherit(_ told: [TaskStatus]) {
        guard !settings.isLeased else { return }
        for status in told where !status.owner.isEmpty { former[status.name] = status }
    }

    /// Whether a node that has not spoken yet may have it.
    func isKept(_ name: String) -> Bool { former[name] != nil }

    /// A node says what it has by itself from now on, or has nothing any more.
    mutating func letGo(of id: String) { letGo(former.values.filter { $0.owner == id }) }

    /// Of what members had that are gone nothing is kept.
    mutating func letGoOfAbsent() { letGo(former.values.filter { crew[$0.owner]?.isLost != false }) }

    private mutating func letGo(_ over: [TaskStatus]) {
        for status in over {
            former[status.name] = nil
            changed(status.name)
            resolving.isNeeded = true
        }
    }

    /// A node may have a task under another definition than the present one: its own, or one that it does not offer.
    mutating func compare(_ holding: TaskHolding, of id: String) {
        let name = holding.name
        guard let entry = tasks[name], let owner = entry.owner, owner.node == id,
            owner.token == holding.token, let had = holding.definition ?? entry.otherwise[id],
            !entry.definition.isSame(as: had)
        else { return }
        if holding.definition != nil, had.offeredAt > entry.latestOffer {
            // It counted before, and whoever offers it so may be still to come.
            tasks[name]?.redefine(as: had)
            tasks[name]?.owner?.hasFormer = false
            hasLeft = true
            return
        }
        tasks[name]?.owner?.hasFormer = true
        guard owner.phase != .stopping else { return }
        tasks[name]?.heading = id
        sendStop(name, owner)
    }

    /// A task that some node has and nobody offers: that node is withdrawing it, and who offers it next waits for that.
    func entryOfWithdrawn(_ name: String) -> TaskEntry {
        var entry = TaskEntry(
            definition: TaskDefinition(
                name: name, kind: former[name]?.kind ?? .task, schedule: former[name]?.schedule ?? ""),
            offeredBy: "")
        entry.offeredBy = []
        entry.isDefined = false
        return entry
    }
}
