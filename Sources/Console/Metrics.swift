import Node

/// The figures of the node as Prometheus reads them: OpenMetrics 1.0 to those who ask for it, else its text format 0.0.4.
struct Metrics {
    private let runtime: Runtime

    init(_ runtime: Runtime) { self.runtime = runtime }

    func answer(accept: String?) -> ConsoleAnswer {
        let isOpen = accept.map { contains($0, "application/openmetrics-text") } ?? false
        var page = MetricsPage(isOpenMetrics: isOpen)
        write(&page)
        let type =
            isOpen
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8"
        return ConsoleAnswer(200, type: type, page.finished)
    }

    private func contains(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    private func write(_ page: inout MetricsPage) {
        let all = runtime.statistics
        writeNode(all, &page)
        writeMembership(all["membership"], &page)
        writeTraffic(all, &page)
        writeRoles(&page)
        writeRegister(all["register"], &page)
        writeTasks(all["tasks"], &page)
    }

    private func writeNode(_ all: Json, _ page: inout MetricsPage) {
        page.info("muster", "The node.", runtime.identityLabels)
        page.gauge(
            "muster_uptime_seconds", "Seconds since the node was started.", thousandths: all["uptime_ms"])
        page.counters(
            "muster_events", "Events by kind: the transitions of members, roles and tasks.", "event",
            all["events_by_kind"])
        page.gauge("muster_waiting_events", "Events that wait for the host.", all["waiting_events"])
        page.counter(
            "muster_missed_events", "Events that were dropped, since the host did not take them.",
            all["missed_events"])
    }

    private func writeMembership(_ membership: Json?, _ page: inout MetricsPage) {
        var counts: [MemberState: Int64] = [.alive: 0, .suspect: 0, .unresponsive: 0]
        for member in runtime.snapshot() { counts[member.state, default: 0] += 1 }
        page.family("muster_members", .gauge, "Members that are present, this node among them, by state.")
        for state in [MemberState.alive, .suspect, .unresponsive] {
            page.sample("muster_members", [("state", state.word)], counts[state] ?? 0)
        }
        page.gauge("muster_health", "Local health score: 0 is healthy, 8 the worst.", membership?["health"])
        page.counter("muster_probes", "Members asked whether they are there.", membership?["probes"])
        page.counter(
            "muster_unanswered_probes", "Probes that ended without any answer.", membership?["unanswered"])
        page.summary(
            "muster_probe_seconds", "Round trips of probes.", count: membership?["round_trips"],
            microseconds: membership?["round_trip_us"])
        page.counter(
            "muster_accusations", "Suspicions that this node raised or confirmed.", membership?["accusations"]
        )
        page.counter(
            "muster_false_suspicions", "Members that were suspect or unresponsive and turned out to live.",
            membership?["refuted"])
        page.counter(
            "muster_refutations", "Suspicions of this node that it refuted.", membership?["own_refutations"])
        page.counter("muster_deaths", "Members declared dead.", membership?["deaths"])
        page.counter(
            "muster_sleeps",
            "Times that this process did not run for so long that it threw its verdicts away.",
            membership?["sleeps"])
    }

    private func writeTraffic(_ all: Json, _ page: inout MetricsPage) {
        for way in ["sent", "received"] {
            page.counters(
                "muster_\(way)_datagrams", "Datagrams \(way), by kind.", "kind", all[way], "datagrams")
            page.counters(
                "muster_\(way)_bytes", "Bytes of datagrams \(way), without headers of UDP and IP, by kind.",
                "kind", all[way], "bytes")
        }
        page.counters(
            "muster_dropped_datagrams", "Datagrams that changed nothing, by reason.", "reason", all["dropped"]
        )
        page.counters(
            "muster_broken_streams", "Connections of others closed for what they sent, by reason.", "reason",
            all["broken_streams"])
        page.gauge("muster_streams", "Connections that are open, standing links among them.", all["streams"])
    }

    private func writeRoles(_ page: inout MetricsPage) {
        let roles = runtime.roles.elements
        func each(_ name: String, _ kind: MetricsPage.Kind, _ help: String, _ value: (Json) -> Int64?) {
            page.family(name, kind, help)
            for role in roles {
                guard let value = value(role) else { continue }
                page.sample(name + kind.suffix, [("role", role["role"]?.string ?? "")], value)
            }
        }
        func flag(_ value: Bool) -> Int64 { value ? 1 : 0 }
        each("muster_primary", .gauge, "Whether this node may act as primary at this moment.") {
            flag($0["token"] != nil)
        }
        each("muster_has_primary", .gauge, "Whether anybody is known to be primary.") {
            flag($0["primary"] != nil)
        }
        each("muster_position", .gauge, "Rank in the line: 0 the primary, 1 the next.") {
            $0["position"]?.number
        }
        each("muster_token", .gauge, "The fencing token, while this node is primary.") { $0["token"]?.number }
        page.family(
            "muster_trust_seconds", .gauge, "How long this node could act as primary without further news.")
        for role in roles {
            guard let left = role["remaining_ms"]?.number else { continue }
            page.sample("muster_trust_seconds", [("role", role["role"]?.string ?? "")], left, decimals: 3)
        }
        each("muster_ready", .gauge, "Whether the host is fit to lead.") { flag($0["ready"]?.flag == true) }
        each("muster_paused", .gauge, "Whether the role is paused.") { flag($0["paused"]?.flag == true) }
        each("muster_overlaps", .counter, "Times that another primary was met.") { $0["overlaps"]?.number }
    }

    private func writeRegister(_ register: Json?, _ page: inout MetricsPage) {
        guard let register else { return }
        page.summary(
            "muster_register_seconds", "Answers of the store or the voters that keep the leases.",
            count: register["questions"], microseconds: register["time_us"])
        page.counter(
            "muster_register_failures", "Questions to it without a good answer.", register["failures"])
    }

    private func writeTasks(_ tasks: Json?, _ page: inout MetricsPage) {
        guard let tasks else { return }
        page.family("muster_coordinates_tasks", .gauge, "Whether this node shares the tasks out.")
        page.sample("muster_coordinates_tasks", [], tasks["coordinates"]?.flag == true ? 1 : 0)
        page.gauge("muster_offered_tasks", "Tasks that this node offers.", tasks["offered"])
        page.gauge("muster_held_tasks", "Tasks that this node has.", tasks["held"])
        page.counter("muster_task_runs", "Runs of jobs that were claimed and have begun here.", tasks["runs"])
        page.counters(
            "muster_task_news",
            "What happened to tasks here: vetoed runs, overlaps, dead letters and the like.", "news",
            tasks["news"])
    }
}
