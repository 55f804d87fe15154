import Basics
import Lease
import Membership
import Sealing
import Wire

/// What a node has done since its start, as JSON text. `docs/json.md` names the fields.
extension Runtime {
    package var statistics: Json {
        let counts = queue.counts
        let tally = engine.membership.tally
        let members = Json.object()
            .set("present", .number(Int64(engine.membership.view.presentCount + 1)))
            .set("health", .number(Int64(engine.membership.health.score)))
            .set("probes", .number(tally.probes))
            .set("unanswered", .number(tally.unanswered))
            .set("round_trips", .number(tally.roundTrips))
            .set("round_trip_us", .number(tally.roundTripTime.nanoseconds / 1000))
            .set("accusations", .number(tally.accusations))
            .set("refuted", .number(tally.refuted))
            .set("own_refutations", .number(tally.ownRefutations))
            .set("deaths", .number(tally.deaths))
            .set("sleeps", .number(tally.sleeps))
            .set("turned_away", .number(tally.turnedAway))
        let dropped = Json.object()
        for reason in DatagramError.allCases {
            dropped.set(reason.word, .number(traffic.refusedDatagrams[reason] ?? 0))
        }
        dropped.set("unreadable", .number(traffic.unreadable))
        let broken = Json.object()
        for reason in StreamError.allCases where reason.isByPeer {
            broken.set(reason.word, .number(traffic.refusedStreams[reason] ?? 0))
        }
        for reason in Traffic.StreamEnd.allCases {
            broken.set(reason.rawValue, .number(traffic.endedStreams[reason] ?? 0))
        }
        return Json.object()
            .set("uptime_ms", .number((Clock.now - startedAt).milliseconds))
            .set("membership", members)
            .set("sent", json(traffic.sent))
            .set("received", json(traffic.received))
            .set("dropped", dropped)
            .set("broken_streams", broken)
            .set("streams", .number(Int64(streams.links.count + streams.others.count)))
            .set("leases", leases)
            .set("register", register)
            .set("tasks", tasks?.statistics ?? .null)
            .set("events", .number(counts.pushed))
            .set("events_by_kind", kinds)
            .set("waiting_events", .number(Int64(queue.waiting)))
            .set("missed_events", .number(counts.missed))
    }

    private var kinds: Json {
        let list = Json.object()
        for (kind, count) in queue.kinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            list.set(kind.word, .number(count))
        }
        return list
    }

    /// How the register of the leases has answered; null without one.
    private var register: Json {
        guard let tally = desk?.tally else { return .null }
        return Json.object()
            .set("questions", .number(tally.questions))
            .set("failures", .number(tally.failures))
            .set("time_us", .number(tally.time.nanoseconds / 1000))
    }

    /// Who holds each lease as far as the register itself has shown: not what members say.
    private var leases: Json {
        let list = Json.object()
        for role in seats.keys.sorted() {
            guard let lease = engine.lease(of: role) else { continue }
            let holder = lease.holder(now: Clock.now)
            list.set(
                role,
                Json.object()
                    .set("holder", holder.map { .text($0.id) } ?? .null)
                    .set("token", holder.map { .number(Int64(clamping: $0.token)) } ?? .null))
        }
        return list
    }

    private func json(_ counts: [Message.Kind: Traffic.Count]) -> Json {
        let list = Json.object()
        for (kind, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            list.set(
                kind.word,
                Json.object().set("datagrams", .number(count.number)).set("bytes", .number(count.bytes)))
        }
        return list
    }
}

extension DatagramError {
    var word: String {
        switch self {
        case .tooShort: "too_short"
        case .tooLong: "too_long"
        case .badMagic: "bad_magic"
        case .badVersion: "bad_version"
        case .otherCluster: "other_cluster"
        case .plainWhereSealedExpected: "plain"
        case .sealedWhereNoKey: "sealed"
        case .badId: "bad_id"
        case .forged: "forged"
        case .replayed: "replayed"
        case .malformed: "malformed"
        }
    }
}

extension StreamError {
    /// Whether it is the other side's doing.
    var isByPeer: Bool {
        switch self {
        case .notEstablished, .empty, .exhausted: false
        default: true
        }
    }

    var word: String {
        switch self {
        case .badMagic: "bad_magic"
        case .badVersion: "bad_version"
        case .otherCluster: "other_cluster"
        case .plainWhereSealedExpected: "plain"
        case .sealedWhereNoKey: "sealed"
        case .malformed: "malformed"
        case .forged: "forged"
        case .tooLong: "too_long"
        case .noRoom: "no_room"
        case .notEstablished: "not_established"
        case .empty: "empty"
        case .exhausted: "exhausted"
        }
    }
}

extension Message.Kind {
    /// The name that `docs/muster.proto` gives it, for the kinds that travel in datagrams.
    fileprivate var word: String {
        switch self {
        case .ping: "ping"
        case .ack: "ack"
        case .pingRequest: "ping_request"
        case .gossip: "gossip"
        case .check: "check"
        case .checked: "checked"
        case .beacon: "beacon"
        case .nack: "nack"
        default: "other"
        }
    }
}
