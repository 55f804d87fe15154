import Node

// What load balancers ask: 200 or 503, as Patroni answers them.
extension ConsoleDesk {
    func answer(_ health: Place.Health) -> ConsoleAnswer {
        guard runtime.isMember else { return failing("the node has left the cluster") }
        switch health {
        case .live:
            return passing(Json.object().set("state", .text("alive")))
        case .ready:
            let unready = runtime.seatHealths.first { !$0.isReady }
            guard let unready else { return passing(Json.object().set("state", .text("ready"))) }
            return failing("the host is not ready in '\(unready.role)'")
        case .primary: return answer(asPrimary: true, of: usualRole)
        case .standby: return answer(asPrimary: false, of: usualRole)
        case .role(let role): return answer(asPrimary: true, of: role)
        }
    }

    /// The one role that the node has a seat in; of several, that named `primary`.
    private var usualRole: String {
        let seats = runtime.seatHealths
        return seats.count == 1 ? seats[0].role : "primary"
    }

    private func answer(asPrimary: Bool, of role: String) -> ConsoleAnswer {
        guard let seat = runtime.seatHealths.first(where: { $0.role == role }) else {
            return failing("this node has no seat in '\(role)'")
        }
        let state = Json.object()
            .set("role", .text(role))
            .set("state", .text(seat.token == nil ? "standby" : "primary"))
            .set("token", seat.token.map { .number($0) } ?? .null)
        if asPrimary {
            return seat.token == nil ? failing("this node is not primary of '\(role)'") : passing(state)
        }
        guard seat.token == nil else { return failing("this node is primary of '\(role)'") }
        return seat.isReady ? passing(state) : failing("the host is not ready in '\(role)'")
    }

    private func passing(_ json: Json) -> ConsoleAnswer { ConsoleAnswer(json: json.text) }

    private func failing(_ why: String) -> ConsoleAnswer {
        ConsoleAnswer(503, json: Json.object().set("failure", .text(why)).text)
    }
}
