import ArgumentParser
import Glibc
import Node

struct HaproxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "haproxy",
        abstract: "Keep the servers of an HAProxy backend as the members of the cluster are.",
        discussion: """
            The backend has room for them: 'server-template node 1-20 127.0.0.1:1 check disabled'. Every member \
            that is present and has the port as a tag gets one of these places; the place of one that has left or \
            died is put into maintenance. What is there already stays where it is, so that this command, HAProxy \
            and the node may each be restarted at any time. It needs a stats socket of level admin.

            Whether a server is well is for HAProxy's own checks to say: of /ready or /primary at the member's \
            console, for instance, whose port is the tag of --check-tag.
            """)

    @Option(help: "The path of HAProxy's stats socket.")
    var socket: String

    @Option(help: "The name of the backend.")
    var backend: String

    @Option(help: "The tag in which members say the port of their server.")
    var portTag = "port"

    @Option(
        help:
            "The tag in which members say the port of their health checks; none: HAProxy's configuration says."
    )
    var checkTag: String?

    @Option(
        help: "The tag in which members say the address of their server; without it, it is the member's own.")
    var addressTag: String?

    @Flag(help: "Bring it up to date once, and end.")
    var once = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func validate() throws {
        guard HaproxyServers.isName(backend) else {
            throw ValidationError(
                "'\(backend)' is no name of a backend: letters, digits, '-', '_', '.' and ':'")
        }
    }

    func run() throws {
        let client = try Client.find(place)
        guard let events = Client(path: client.path) else { throw Trouble(.noNode, "the node has gone") }
        _ = try events.ask("events")
        var wasTroubled = false
        while true {
            let members = try client.ask("members").json.elements
            do {
                try bringUpToDate(members)
                if wasTroubled { Output.write("muster: HAProxy answers again\n", to: STDERR_FILENO) }
                wasTroubled = false
            } catch let trouble as Trouble where !once {
                // It may be about to start again.
                if !wasTroubled { Output.write("muster: \(trouble.message)\n", to: STDERR_FILENO) }
                wasTroubled = true
            }
            if once { return }
            try waitForChange(events, ms: wasTroubled ? 1000 : 10_000)
        }
    }

    private func bringUpToDate(_ members: [Json]) throws {
        let haproxy = HaproxySocket(socket)
        let answer = try haproxy.ask("show servers state \(backend)")
        guard var servers = HaproxyServers(answer) else {
            throw Trouble(.failure, "HAProxy says of backend '\(backend)': \(Terminal.harmless(answer))")
        }
        for order in servers.orders(for: members.compactMap(server)) {
            let said = try haproxy.ask("\(order.verb) \(backend)/\(order.server) \(order.rest)")
            guard servers.isDone(said) else {
                throw Trouble(.failure, "HAProxy says to '\(order.rest)': \(Terminal.harmless(said))")
            }
            Output.print("\(order.server) \(order.rest)")
        }
        if servers.withoutPlace > 0 {
            throw Trouble(
                .failure,
                "backend '\(backend)' has no place for \(servers.withoutPlace) of the members: raise its server-template"
            )
        }
    }

    private func server(of member: Json) -> HaproxyServers.Server? {
        let tags = member["tags"]
        let address = addressTag.flatMap { tags?[$0]?.string } ?? member["address"]?.string
        guard let address, let port = number(tags?[portTag]) else { return nil }
        return HaproxyServers.Server(
            address: address, port: port, checkPort: checkTag.flatMap { number(tags?[$0]) })
    }

    private func number(_ tag: Json?) -> UInt16? { tag?.string.flatMap { UInt16($0) } }

    /// Until something happens, and a moment longer: much happens at once.
    private func waitForChange(_ events: Client, ms: Int64) throws {
        var deadline = Poll.now + ms
        let latest = deadline
        while true {
            do {
                _ = try events.answer(until: deadline)
            } catch let trouble as Trouble where trouble.status == .timeout {
                return
            }
            deadline = min(latest, Poll.now + 20)
        }
    }
}
