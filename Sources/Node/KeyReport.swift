import Sealing
import Wire

/// What came of a look at the rings of all members, or of a change of them.
package struct KeyReport: Sendable {
    enum Outcome: Sendable, Equatable {
        case done
        /// Nothing was asked of it, since others stood in the way.
        case unchanged
        /// It has not answered in time.
        case unreachable
        case refused(KeyReply.Outcome)
        /// It joined while the others were asked.
        case late

        var word: String {
            switch self {
            case .done: "done"
            case .unchanged: "unchanged"
            case .unreachable: "unreachable"
            case .refused: "refused"
            case .late: "late"
            }
        }

        /// How it goes on after the member's id.
        var words: String {
            switch self {
            case .done, .unchanged: word
            case .unreachable: "did not answer"
            case .refused(let reason): reason.words
            case .late: "joined meanwhile"
            }
        }
    }

    let change: KeyChange?
    /// The rings by the members' ids, as they were before the change.
    var rings: [String: [Fingerprint]] = [:]
    var unreachable: [String] = []
    var outcomes: [String: Outcome] = [:]
    /// Whether any ring may have changed.
    var hasBegun = false

    init(change: KeyChange?) { self.change = change }

    /// Who has not done its part, by id.
    var failed: [(id: String, outcome: Outcome)] {
        outcomes.filter { $0.value != .done && $0.value != .unchanged }
            .map { (id: $0.key, outcome: $0.value) }.sorted { $0.id < $1.id }
    }

    /// The failure that names them; nil where all have done their part.
    var failure: Failure? {
        let failed = failed
        guard let change, !failed.isEmpty else { return nil }
        // The text has a fixed length: the list of the keys names them all.
        let named = failed.prefix(5).map { "\($0.id) \($0.outcome.words)" }.joined(separator: ", ")
        let more = failed.count > 5 ? " and \(failed.count - 5) more" : ""
        let rest = hasBegun ? "the others have" : "nothing was changed"
        return Failure(
            .partial,
            "key \(change.fingerprint.text) was not \(change.past) by \(failed.count) of \(outcomes.count) members "
                + "(\(rest)): \(named)\(more)")
    }

    // MARK: JSON

    /// The keys, and which members hold them.
    var keysJson: Json {
        var order: [Fingerprint] = []
        for (_, ring) in rings.sorted(by: { $0.key < $1.key }) {
            for fingerprint in ring where !order.contains(fingerprint) { order.append(fingerprint) }
        }
        let keys = Json.array()
        for fingerprint in order {
            keys.append(
                Json.object()
                    .set("fingerprint", .text(fingerprint.text))
                    .set("sealing", ids { $0.first == fingerprint })
                    .set("holding", ids { $0.contains(fingerprint) })
                    .set("lacking", ids { !$0.contains(fingerprint) }))
        }
        let silent = Json.array()
        for id in unreachable.sorted() { silent.append(.text(id)) }
        return Json.object().set("keys", keys).set("unreachable", silent)
    }

    private func ids(_ isMeant: ([Fingerprint]) -> Bool) -> Json {
        let list = Json.array()
        for (id, ring) in rings.sorted(by: { $0.key < $1.key }) where isMeant(ring) { list.append(.text(id)) }
        return list
    }

    /// What became of the change, member by member; with the error where not all have made it.
    var changeJson: Json {
        let json = failure?.json ?? Json.object().set("ok", .flag(true))
        let members = Json.object()
        for (id, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            members.set(id, .text(outcome.word))
        }
        return json.set("fingerprint", .text(change?.fingerprint.text ?? "")).set("members", members)
    }
}
