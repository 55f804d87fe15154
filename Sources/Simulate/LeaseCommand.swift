import Basics
import Lease
import Simulation

/// `--scenario lease`: the leases of the authorities `majority` and `store` alone, without members, for hours.
enum LeaseCommand {
    static let name = "lease"
    static let summary =
        "leases alone, on a store or among voters: hours instead of seeds, ten minutes each history"

    static var breaks: [(name: String, words: String)] { LeaseBreak.allCases.map { ($0.rawValue, $0.words) } }

    /// True where all held.
    static func run(_ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        let broken = try arguments.broken.map { (name) throws(Arguments.Fault) in
            guard let broken = LeaseBreak(rawValue: name) else {
                throw Arguments.Fault(text: "nothing named '\(name)' can be broken in '\(Self.name)'")
            }
            return broken
        }
        let seed = arguments.seeds?.lowerBound ?? 1
        let length = Double(LeaseHistory.length.milliseconds) / 3_600_000
        let count = UInt64(((arguments.hours ?? 1) / length).rounded(.up))
        let began = Command.processorTime()
        var sum = LeaseSum()
        for history in arguments.history.map({ $0...$0 }) ?? 1...count {
            let world = LeaseHistory.play(
                seed: LeaseHistory.seed(seed, history: history), broken: broken, isTraced: arguments.isTraced)
            for line in world.trace { print(line) }
            sum.add(world)
            guard let violation = world.checker.violation else { continue }
            let rule = broken.map { " --break \($0.rawValue)" } ?? ""
            print(
                "seed \(seed), history \(history), \(violation.at.nanoseconds / 1_000_000) ms: \(violation.text)"
            )
            print("    simulate --scenario lease --seed \(seed) --history \(history)\(rule) --trace")
            break
        }
        sum.report(took: Command.processorTime() - began)
        return sum.broken == 0
    }
}

/// What many histories come to.
private struct LeaseSum {
    var histories = 0
    var broken = 0
    var events = 0
    var seconds = 0.0
    var checkers: [LeaseChecker] = []

    mutating func add(_ world: LeaseWorld) {
        histories += 1
        events += world.eventCount
        seconds += Double(world.now.nanoseconds) / 1e9
        checkers.append(world.checker)
        if world.checker.violation != nil { broken += 1 }
    }

    func report(took: Double) {
        func total(_ count: (LeaseChecker) -> Int) -> Int { checkers.reduce(0) { $0 + count($1) } }
        let slowest = checkers.map(\.slowest.milliseconds).max() ?? 0
        print(
            """
            lease: \(histories) histories, \(broken) broken; \(Int(seconds)) virtual seconds in \
            \(Int(took * 10) / 10) s, \(events) events, \(Int(Double(events) / took / 1000)) thousand a second
            \(total(\.writes)) writes, \(total(\.promotions)) promotions, \(total(\.handOvers)) hand-overs, \
            \(total(\.expiries)) leases ran out, \(total(\.suspensions)) suspensions, \
            \(total(\.forgotten)) times a store that forgot was noticed, \
            \(total(\.wills)) wills of dead holders
            \(total(\.changes)) times one voter more or less; \(total(\.calms)) calms, a primary at most \(slowest) ms after each
            """)
    }
}
