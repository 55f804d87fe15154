import ArgumentParser
import Glibc
import Node

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract:
            "Show the cluster live: members, roles, tasks and the last events, as a node of this machine sees them.",
        discussion: "It is drawn anew when something happens, and every second. End it with Ctrl-C.")

    @Flag(help: "Print it once, and end.")
    var once = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        let terminal = Terminal()
        guard let events = Client(path: client.path) else { throw Trouble(.noNode, "the node has gone") }
        _ = try events.ask("events")
        let eventText = EventText(terminal: terminal)
        var last: [String] = []
        while true {
            let screen = try draw(client, terminal) + last.joined()
            guard Output.write((once ? "" : Terminal.clear) + screen, to: STDOUT_FILENO), !once else {
                return
            }
            let deadline = Poll.now + 1000
            while Poll.now < deadline {
                do {
                    last.append(eventText.line(try events.answer(until: deadline).json))
                } catch let trouble as Trouble where trouble.status == .timeout {
                    break
                }
                if last.count > 8 { last.removeFirst() }
                // Several events in a moment are one picture.
                if Poll.now + 900 < deadline { break }
            }
        }
    }

    private func draw(_ client: Client, _ terminal: Terminal) throws -> String {
        let own = try client.ask("self").json
        let members = try client.ask("members").json
        let stats = try client.ask("stats").json
        let alive = members.elements.count { $0["state"]?.string == "alive" }
        let health = stats["membership"]?["health"]?.number ?? 0
        var head = [
            terminal.paint(Terminal.harmless(own["cluster"]?.string ?? ""), .bold),
            "\(alive) of \(members.elements.count) members alive",
            "seen by \(Terminal.harmless(own["id"]?.string ?? ""))",
            health == 0 ? "healthy" : terminal.paint("health \(health)", .yellow),
        ]
        if own["minority"]?.flag == true { head.append(terminal.paint("minority", .red)) }
        if own["isolated"]?.flag == true { head.append(terminal.paint("isolated", .red)) }
        var screen = head.joined(separator: ", ") + "\n\n" + MemberTable.text(members, terminal)
        screen += "\n" + roles(members, terminal)
        if members.elements.contains(where: { has($0, "muster.tasks") }) {
            screen += "\n" + tasks(try client.ask("tasks", timeoutMs: 10_000).json, terminal)
        }
        return screen + "\n"
    }

    private func has(_ member: Json, _ role: String) -> Bool {
        (member["seats"]?.elements ?? []).contains { $0["role"]?.string == role }
    }

    /// Each role with its primary and those that stand by, in their order.
    private func roles(_ members: Json, _ terminal: Terminal) -> String {
        var seats: [String: [(id: String, seat: Json)]] = [:]
        for member in members.elements {
            for seat in member["seats"]?.elements ?? [] {
                seats[seat["role"]?.string ?? "", default: []].append((member["id"]?.string ?? "", seat))
            }
        }
        var table = Table(["role", "primary", "token", "standbys"])
        for (role, all) in seats.sorted(by: { $0.key < $1.key }) {
            let leading = all.filter { $0.seat["state"]?.string == "primary" }
            let standing = all.filter { $0.seat["state"]?.string != "primary" }
                .sorted { ($0.seat["position"]?.number ?? .max) < ($1.seat["position"]?.number ?? .max) }
            table.add([
                Table.Cell(text: role),
                Table.Cell(
                    text: leading.isEmpty ? "nobody" : leading.map(\.id).joined(separator: ","),
                    colour: leading.count == 1 ? .cyan : .red),
                Table.Cell(text: leading.first?.seat["token"]?.number.map(String.init) ?? "-"),
                Table.Cell(text: standing.map { mark($0.id, $0.seat) }.joined(separator: " ")),
            ])
        }
        return table.text(terminal)
    }

    private func mark(_ id: String, _ seat: Json) -> String {
        id + (seat["ready"]?.flag == false ? "(not ready)" : "")
            + (seat["paused"]?.flag == true ? "(paused)" : "")
    }

    private func tasks(_ tasks: Json, _ terminal: Terminal) -> String {
        var table = Table(["task", "kind", "state", "owner", "detail"])
        for task in tasks.elements.prefix(20) {
            table.add([
                Table.Cell(text: task["name"]?.string ?? ""), Table.Cell(text: task["kind"]?.string ?? ""),
                Table.Cell(text: task["state"]?.string ?? ""), Table.Cell(text: task["owner"]?.string ?? "-"),
                Table.Cell(text: task["detail"]?.string ?? "", colour: .yellow),
            ])
        }
        let rest = tasks.elements.count - 20
        return table.text(terminal) + (rest > 0 ? "and \(rest) more\n" : "")
    }
}
