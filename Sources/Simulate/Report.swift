import Basics
import Glibc
import Simulation

/// A measurement: not whether the rules hold, but how well the protocol does. The rules must hold all the same.
struct Report: Sendable {
    var name: String
    var summary: String
    /// False where a rule was broken, or what was to be measured did not come about.
    var run: @Sendable (Arguments) -> Bool

    static let all = [
        Report(name: "detection", summary: "how soon a loss is known to all", run: reportDetection),
        Report(name: "cost", summary: "what joining and idling cost in datagrams", run: reportCosts),
        Report(
            name: "scale", summary: "how fast a cluster of many members is played (1000 if none is named)",
            run: reportScale),
        JoinReport.report, ProbesReport.report, Lifeguard.report, Lifeguard.noticing, Rapid.report,
        SharingReport.report,
    ]

    static func named(_ name: String) -> Report? { all.first { $0.name == name } }
}

/// How soon a loss is known to all others, over many seeds.
@Sendable private func reportDetection(_ arguments: Arguments) -> Bool {
    var isWell = true
    for loss in Detection.Loss.allCases {
        let detection = Detection.measure(
            loss, nodes: arguments.members ?? 3, seeds: arguments.seeds ?? 1...100)
        print(
            """
            \(loss.words): median \(detection.median.milliseconds) ms, \
            99 of 100 within \(detection.late.milliseconds) ms, at most \(detection.most.milliseconds) ms \
            (\(detection.times.count) times, \(detection.missed) missed)
            """)
        if detection.missed > 0 { isWell = false }
    }
    return isWell
}

/// What joining and idling cost in clusters of several sizes.
@Sendable private func reportCosts(_ arguments: Arguments) -> Bool {
    var isWell = true
    for count in arguments.members.map({ [$0] }) ?? [3, 30, 100] {
        let began = Command.processorTime()
        let cost = Cost.measure(
            nodes: count, seed: arguments.seeds?.lowerBound ?? 1, idleSeconds: arguments.seconds ?? 30)
        let took = Command.processorTime() - began
        let joined = cost.joined.map { "\($0.milliseconds) ms" } ?? "never"
        print(
            """
            \(count) nodes through one seed, started within a second: of one mind after \(joined)
                until then per node (and at most): \(cost.joinPackets) datagrams, \(cost.joinBytes) bytes, \
            \(cost.joinRequests) requests
                idle, per node and second: \(cost.idlePackets) datagrams, \(cost.idleBytes) bytes, \
            \(cost.idleTicks) wake-ups
                \(cost.events) events, \(Int(Double(cost.events) / took / 1000)) thousand a second
            """)
        if cost.joined == nil { isWell = false }
    }
    return isWell
}

/// How fast a large cluster is played, and in how much memory.
@Sendable private func reportScale(_ arguments: Arguments) -> Bool {
    let count = arguments.members ?? 1000
    let deaths = min(10, count / 100)
    let before = Command.memoryPeak()
    var world = Scale.world(members: count, seed: arguments.seeds?.lowerBound ?? 1)
    let began = Command.processorTime()
    // What comes before: 10,000 members take minutes in all.
    print("\(count) members know each other after \(tenths(began)) s")
    fflush(nil)
    let scale = Scale(playing: &world, seconds: arguments.seconds ?? 30, deaths: deaths)
    let took = Command.processorTime() - began
    let virtual = Double(scale.virtualTime.nanoseconds) / 1e9
    let memory = Double(Command.memoryPeak() - before) * 1024 * 1024 / Double(count * count)
    print(
        """
        \(count) members, \(deaths) of them killed: known to all after \
        \(scale.knownAfter.map { "\($0.milliseconds) ms" } ?? "more than a minute")
            \(tenths(virtual)) virtual seconds in \(tenths(took)) s: \(tenths(virtual / took)) times real time
            \(scale.events) events, \(Int(Double(scale.events) / took / 1000)) thousand a second
            \(Scale.entryBytes) bytes an entry of a view; \(tenths(memory)) of all memory for each entry
        """)
    if let violation = scale.violation { print("    broken: \(violation.rule.words): \(violation.text)") }
    return scale.knownAfter != nil && scale.violation == nil
}

extension Cost.Share: CustomStringConvertible {
    package var description: String { "\(tenths(average)) (\(tenths(most)))" }
}
