import ArgumentParser
import Glibc
import Node

struct DrillCommand: ParsableCommand {
    enum Failure: String, ExpressibleByArgument, CaseIterable { case kill, freeze }

    static let configuration = CommandConfiguration(
        commandName: "simulate-failure",
        abstract:
            "A drill: kill or freeze the process of a node of this machine, and tell what another one sees of it.",
        discussion: """
            'kill' ends the whole process at once (KILL), 'freeze' lets it stand still for a while (STOP, then CONT). \
            Another node of the same cluster must run on this machine to watch. Nothing is done without --yes.
            """)

    @Argument(help: "kill or freeze.")
    var failure: Failure

    @Option(help: "How long a frozen process stands still.")
    var `for`: Duration = Duration(ms: 5000)

    @Option(help: "How long to watch.")
    var watch: Duration = Duration(ms: 60_000)

    @Flag(help: "Really do it.")
    var yes = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let victim = try Client.find(place)
        let own = try victim.ask("self").json
        guard let id = own["id"]?.string, let number = own["process"]?.number,
            let process = pid_t(exactly: number),
            process > 1
        else { throw Trouble(.failure, "the node does not say which process it is") }
        let cluster = own["cluster"]?.string ?? ""
        guard let watcher = Client.other(than: id, of: cluster) else {
            throw Trouble(
                .noNode, "no other node of cluster '\(Terminal.harmless(cluster))' runs here to watch")
        }
        let led = Set(roles(own))
        guard yes else {
            throw Trouble(
                .usage,
                "this would \(failure.rawValue) process \(process), the host of node '\(Terminal.harmless(id))'"
                    + (led.isEmpty ? "" : ", primary of \(led.sorted().joined(separator: ", "))")
                    + ": say --yes")
        }
        _ = try watcher.ask("events")
        var drill = Drill(victim: id, led: led, isFrozen: failure == .freeze)
        let began = Poll.now
        guard Glibc.kill(process, failure == .kill ? SIGKILL : SIGSTOP) == 0 else {
            throw Trouble(.failure, "process \(process): \(String(cString: strerror(errno)))")
        }
        let thaw = failure == .freeze ? began + self.for.ms : nil
        // Whatever comes: it does not stay frozen.
        var isThawed = false
        defer { if thaw != nil, !isThawed { Glibc.kill(process, SIGCONT) } }
        let end = began + watch.ms
        while !drill.isOver, Poll.now < end {
            if let thaw, !isThawed, Poll.now >= thaw {
                Glibc.kill(process, SIGCONT)
                isThawed = true
                Output.print("\(Poll.now - began) ms: it goes on")
                drill.isFrozen = false
            }
            do {
                let event = try watcher.answer(until: min(end, isThawed ? end : thaw ?? end)).json
                let kind = event["event"]?.string ?? ""
                let words = [
                    kind, event["member"]?.string ?? "", event["role"]?.string ?? "",
                    event["detail"]?.string ?? "",
                ]
                Output.print(
                    "\(Poll.now - began) ms: "
                        + words.filter { !$0.isEmpty }.map(Terminal.harmless).joined(separator: " "))
                drill.see(
                    kind, member: event["member"]?.string ?? "", role: event["role"]?.string ?? "",
                    after: Poll.now - began)
            } catch let trouble as Trouble where trouble.status == .timeout {
                continue
            }
        }
        for line in drill.result { Output.print(line) }
        guard drill.isOver else { throw Trouble(.timeout, "not all of it was seen in \(watch.ms) ms") }
    }

    private func roles(_ own: Json) -> [String] {
        (own["seats"]?.elements ?? []).filter { $0["state"]?.string == "primary" }.compactMap {
            $0["role"]?.string
        }
        .filter { $0 != "muster.tasks" }
    }
}

/// What a drill waits for, and what came of it.
private struct Drill {
    let victim: String
    /// Roles that the victim led and nobody else has yet.
    private var orphaned: Set<String>
    var isFrozen: Bool
    private let wasFrozen: Bool
    private var noticedMs: Int64?
    private var isBack = false
    private(set) var result: [String] = []

    init(victim: String, led: Set<String>, isFrozen: Bool) {
        self.victim = victim
        orphaned = led
        self.isFrozen = isFrozen
        wasFrozen = isFrozen
    }

    /// A freeze that is shorter than what a primary is allowed passes without a word.
    var isOver: Bool {
        guard wasFrozen else { return noticedMs != nil && orphaned.isEmpty }
        return !isFrozen && (noticedMs == nil || isBack)
    }

    mutating func see(_ kind: String, member: String, role: String, after ms: Int64) {
        if member == victim {
            switch kind {
            case "member-dead", "member-unresponsive", "member-suspect":
                if noticedMs == nil {
                    noticedMs = ms
                    result.append("noticed after \(ms) ms: \(kind)")
                }
            case "member-recovered", "member-joined": isBack = true
            default: break
            }
        } else if kind == "primary-changed", !member.isEmpty, orphaned.remove(role) != nil {
            result.append("'\(Terminal.harmless(member))' leads \(Terminal.harmless(role)) after \(ms) ms")
        }
    }
}
