import Basics
import Node
import Options

/// A node of the cluster that runs on this machine, and what it says of itself. `@unchecked Sendable` is true since one
/// thread at a time asks it, and is waited for.
final class DoctorNode: @unchecked Sendable {
    let id: String
    private let client: Client
    private let own: Json
    private let before: Json
    private let asked: Int64
    /// The members that it sees, with the addresses that they tell, without interfaces.
    let members: [(id: String, address: Address)]
    private let rows: [Json]

    private init?(_ client: Client, of cluster: String, until deadline: Int64) throws {
        own = try client.ask("self", timeoutMs: DoctorNode.patience(until: deadline)).json
        guard own["cluster"]?.string == cluster else { return nil }
        self.client = client
        id = own["id"]?.string ?? ""
        before = try client.ask("stats", timeoutMs: DoctorNode.patience(until: deadline)).json
        asked = Poll.now
        rows = try client.ask("members", timeoutMs: DoctorNode.patience(until: deadline)).json.elements
        members = rows.compactMap { row in
            guard let id = row["id"]?.string, let host = row["address"]?.string.flatMap({ HostAddress($0) }),
                let port = row["port"]?.number.flatMap({ UInt16(exactly: $0) }),
                let address = Address(bytes: host.bytes, port: port)
            else { return nil }
            return (id, address)
        }
    }

    /// How long a node's loop may take for an answer.
    private static func patience(until deadline: Int64) -> Int64 { min(2000, Poll.left(until: deadline)) }

    /// How long its counts are looked at, at least: nodes that know nobody ask their seeds once in a second.
    private static let window: Int64 = 1300

    private enum Answer: Sendable {
        case node(DoctorNode)
        case finding(DoctorFinding)
        case nobody
    }

    /// Those that answer, and what there is to say about those that do not. The sockets are asked beside each other.
    static func all(
        of settings: Settings, until deadline: Int64
    ) -> (nodes: [DoctorNode], findings: [DoctorFinding]) {
        let paths = settings.control.map { [$0] } ?? SocketDirectory.sockets()
        let answers = Later<Answer>.each(paths, atOnce: 32) { answer(of: $0, settings, until: deadline) }
        var found: (nodes: [DoctorNode], findings: [DoctorFinding]) = ([], [])
        for answer in answers {
            switch answer {
            case .node(let node): found.nodes.append(node)
            case .finding(let finding): found.findings.append(finding)
            case .nobody: break
            }
        }
        return found
    }

    private static func answer(of path: String, _ settings: Settings, until deadline: Int64) -> Answer {
        guard let client = Client(path: path) else { return .nobody }
        do {
            guard let node = try DoctorNode(client, of: settings.cluster, until: deadline) else {
                return .nobody
            }
            return .node(node)
        } catch {
            // Which cluster it is of is known by its name only.
            let isOurs = settings.control != nil || SocketDirectory.isOf(settings.cluster, path)
            return isOurs ? .finding(unasked(path, error, until: deadline)) : .nobody
        }
    }

    private static func unasked(_ path: String, _ error: any Error, until deadline: Int64) -> DoctorFinding {
        guard let trouble = error as? Trouble, trouble.status != .timeout else {
            guard Poll.now < deadline else { return late(path) }
            return .trouble(
                "node", path,
                "the node behind this socket takes connections, and has not answered within 2 s",
                remedy:
                    "its process is stopped, frozen or short of processor time: 'ps' shows a T for stopped; continue or "
                    + "restart it")
        }
        return .note(
            "node", path, "the node behind this socket cannot be asked: \(trouble.message)",
            remedy: "it is just ending, or has too many other clients: try again")
    }

    private static func late(_ subject: String) -> DoctorFinding {
        .note(
            "node", subject, "it has not answered before the time was up",
            remedy: "give a longer --timeout")
    }

    // MARK: findings

    /// `isMet`: whether it lets in what these options send.
    func findings(isMet: Bool, until deadline: Int64) -> [DoctorFinding] {
        // What grows must have the time to, and so must the answer.
        _ = Poll.wait([], ms: Poll.left(until: min(asked + Self.window, deadline - 200)))
        guard let after = try? client.ask("stats", timeoutMs: Self.patience(until: deadline)).json else {
            guard Poll.now < deadline else { return [Self.late(id)] }
            return [
                .trouble("node", id, "it has stopped to answer", remedy: "look at its process and its log")
            ]
        }
        let found = company + others + counters(after, isMet) + roles + register(after)
        return found.contains { $0.severity == .trouble }
            ? found : [.ok("node", id, "it runs here, and sees \(rows.count) members")] + found
    }

    private var company: [DoctorFinding] {
        var found: [DoctorFinding] = []
        if own["isolated"]?.flag == true {
            found.append(
                .trouble(
                    "node", id, "it is isolated: others should be there, and none is alive in its view",
                    remedy:
                        "see what is said about reach, key and multicast here, and run this on the other machines"
                ))
        }
        if own["minority"]?.flag == true {
            found.append(
                .trouble(
                    "node", id,
                    "it is in a minority: half or fewer of 'expected_size' members are alive in its view",
                    remedy:
                        "start the others or mend the network between; lower 'expected_size' where they are gone for good"
                ))
        }
        return found
    }

    private var others: [DoctorFinding] {
        rows.compactMap { row in
            guard let state = row["state"]?.string, state != "alive", let other = row["id"]?.string else {
                return nil
            }
            let evidence = row["evidence"]?.string.map { ": \($0)" } ?? ""
            return .trouble(
                "node", id, "it holds '\(other)' to be \(state)\(evidence)",
                remedy: state == "unresponsive"
                    ? "the process of '\(other)' is frozen or starved: look at it on its machine"
                    : "the way to '\(other)' loses packets, or it is dying: run this on its machine")
        }
    }

    /// What a count of refused input means, by its key in the statistics.
    private static let meanings: [(key: String, what: String, remedy: String)] = [
        (
            "forged", "under another key",
            "somebody has another key: compare 'muster keys list' on all machines"
        ),
        ("plain", "without a key", "somebody runs without the key: give it the 'key_file'"),
        ("sealed", "with a key, and it has none", "give this node the 'key_file' of the cluster"),
        (
            "other_cluster", "of another cluster",
            "where that is no neighbour of another name, correct 'cluster' there"
        ),
        ("bad_version", "of another version of the protocol", "bring all members to one release"),
        ("unreadable", "that it cannot read", "bring all members to one release"),
    ]

    private func counters(_ after: Json, _ isMet: Bool) -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        for (key, what, remedy) in Self.meanings {
            let count = refused(after, key)
            guard count > 0 else { continue }
            let grown = count - refused(before, key)
            // Neighbours of another name are nobody's fault.
            found.append(
                grown > 0 && isMet && key != "other_cluster"
                    ? .trouble(
                        "node", id,
                        "it refuses input \(what): \(grown) times while this looked, \(count) in all",
                        remedy: remedy)
                    : .note("node", id, "it has refused input \(what) \(count) times", remedy: remedy))
        }
        let tally = after["membership"]
        if let count = tally?["own_refutations"]?.number, count > 0 {
            found.append(
                .note(
                    "node", id, "it was suspected \(count) times while it lived",
                    remedy:
                        "packets are lost or its machine is short of processor time; a slower 'profile' suspects later"
                ))
        }
        if let count = tally?["sleeps"]?.number, count > 0 {
            found.append(
                .note(
                    "node", id, "its loop stood still \(count) times for longer than 'probe_timeout'",
                    remedy: "its process was stopped, its machine slept or is short of processor time"))
        }
        return found
    }

    private func refused(_ stats: Json, _ key: String) -> Int64 {
        (stats["dropped"]?[key]?.number ?? 0) + (stats["broken_streams"]?[key]?.number ?? 0)
    }

    private var roles: [DoctorFinding] {
        var seats: [String: [Json]] = [:]
        for row in rows {
            for seat in row["seats"]?.elements ?? [] {
                seats[seat["role"]?.string ?? "", default: []].append(seat)
            }
        }
        return seats.sorted { $0.key < $1.key }.compactMap { role, seats in
            let leading = seats.filter { $0["state"]?.string == "primary" }.count
            if leading == 1 { return nil }
            if leading > 1 {
                return .trouble(
                    "node", id, "\(leading) members lead '\(role)'",
                    remedy:
                        "they settle on one as soon as they hear each other; where they do not, the network between them is cut"
                )
            }
            if seats.contains(where: { $0["paused"]?.flag == true }) {
                return .note(
                    "node", id, "nobody leads '\(role)', which is paused",
                    remedy: "'muster resume --role \(role)'")
            }
            return .trouble(
                "node", id, "nobody leads '\(role)'",
                remedy: seats.allSatisfy { $0["ready"]?.flag == false }
                    ? "no host of it says that it is ready: look at their health"
                    : "the grace time may run; under a lease the store, or most voters, must answer; 'failover.quorum' must be present"
            )
        }
    }

    private func register(_ after: Json) -> [DoctorFinding] {
        guard let now = after["register"], let failures = now["failures"]?.number, failures > 0 else {
            return []
        }
        let remedy = "look at the store's address, login and log, or at the voters"
        let grown = failures - (before["register"]?["failures"]?.number ?? 0)
        return [
            grown > 0 || failures == now["questions"]?.number
                ? .trouble(
                    "node", id,
                    "the register of its leases does not answer: \(failures) questions have failed",
                    remedy: remedy)
                : .note(
                    "node", id, "the register of its leases did not answer \(failures) questions",
                    remedy: remedy)
        ]
    }
}
