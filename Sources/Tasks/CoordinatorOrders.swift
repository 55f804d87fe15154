import Basics

/// What people ask for by hand.
extension Coordinator {
    mutating func obey(_ order: TaskOrder, from id: String, now: Instant) {
        guard isServing else { return answer(order, id, .tryAgain, "the coordinator has just begun") }
        guard let entry = tasks[order.name], entry.isDefined else { return obeyUnknown(order, from: id) }
        switch order.verb {
        // In a store something may stand that a former coordinator has written last.
        case .pause:
            amend(order.name, Amendment(.pause, asker: id, order: order.id), isRead: settings.keepsRows)
        case .resume:
            amend(order.name, Amendment(.resume, asker: id, order: order.id), isRead: settings.keepsRows)
        case .forget:
            if let kept = former[order.name] { return answer(order, id, .tryAgain, isSilent(kept)) }
            guard entry.offeredBy.isEmpty, entry.owner == nil else {
                return answer(
                    order, id, .offered,
                    "task '\(order.name)' is offered by \(entry.offeredBy.sorted().joined(separator: ", "))")
            }
            amend(order.name, Amendment(.forget, asker: id, order: order.id))
        case .run:
            guard entry.definition.kind == .job else {
                return answer(order, id, .noJob, "'\(order.name)' is no job")
            }
            guard let owner = entry.owner, owner.phase == .running, crew[owner.node]?.isReady == true else {
                return answer(order, id, .tryAgain, "no node has job '\(order.name)' just now")
            }
            // Its owner runs it as it would any other moment.
            actions.append(.send(.order(order), to: owner.node))
            answer(order, id, .done, "")
        case .move:
            let refusal = refusalToMove(order, entry, now: now)
            answer(order, id, refusal?.0 ?? .done, refusal?.1 ?? "")
        }
    }

    /// Of a task that nobody who has spoken offers.
    private mutating func obeyUnknown(_ order: TaskOrder, from id: String) {
        if let kept = former[order.name] { return answer(order, id, .tryAgain, isSilent(kept)) }
        // It was asked before, and others do not have it yet.
        if order.verb == .forget, rows[order.name]?.isForgotten == true,
            hold(.answer(id: order.id, .done, text: ""), for: id, with: order.name)
        {
            return
        }
        guard order.verb == .forget, !settings.keepsRows, tasks[order.name] == nil else {
            return answer(order, id, .unknownTask, Self.isUnknown(order.name))
        }
        // Jobs write to the store themselves: what stands there is to be seen first.
        amend(order.name, Amendment(.forget, asker: id, order: order.id), isRead: false)
    }

    static func isUnknown(_ name: String) -> String { "nobody offers a task '\(name)'" }

    private func isSilent(_ status: TaskStatus) -> String {
        "node '\(status.owner)', which had task '\(status.name)', has not spoken yet"
    }

    private mutating func answer(_ order: TaskOrder, _ id: String, _ answer: TaskAnswer, _ text: String) {
        actions.append(.send(.answer(id: order.id, answer, text: text), to: id))
    }

    /// Nil: it is under way.
    private mutating func refusalToMove(_ order: TaskOrder, _ entry: TaskEntry, now: Instant) -> (
        TaskAnswer, String
    )? {
        let name = order.name
        guard let owner = entry.owner, owner.phase != .stopping else {
            return (.tryAgain, "no node has task '\(name)' just now")
        }
        guard settings.resolver.kind != .rendezvous else {
            return (
                .noCandidate,
                "with the resolver 'rendezvous' the names of nodes and tasks alone say who has which"
            )
        }
        if order.target.isEmpty {
            let others = entry.offeredBy.filter { $0 != owner.node && crew[$0]?.isReady == true }
            guard !others.isEmpty else { return (.noCandidate, "no other node offers task '\(name)'") }
            // The resolver passes it over until the move is done.
            tasks[name]?.benched[owner.node] = now + entry.definition.stopTimeout + .seconds(5)
            tasks[name]?.leaving = owner.node
        } else {
            guard order.target != owner.node else { return nil }
            guard entry.offeredBy.contains(order.target), crew[order.target]?.isReady == true else {
                return (.noCandidate, "node '\(order.target)' does not offer task '\(name)'")
            }
            tasks[name]?.benched[order.target] = nil
            tasks[name]?.heading = order.target
        }
        sendStop(name, owner)
        return nil
    }
}
