import Basics
import Glibc
import Lease
import LeaseSimulation

/// `simulate --scenario lease`: the leases of the authorities `majority` and `store`, for hours.
struct LeaseCommand {
    private var hours = 1.0
    private var seed: UInt64 = 1
    private var history: UInt64?
    private var broken: LeaseBreak?
    private var isTraced = false
    private var lists = false

    /// Whether all held; nil where something else was asked for.
    static func run(_ arguments: [String]) -> Bool? {
        guard let index = arguments.firstIndex(of: "--scenario"),
            arguments.dropFirst(index + 1).first == "lease"
        else { return nil }
        var rest = arguments
        rest.removeSubrange(index...index + 1)
        guard let command = LeaseCommand(rest[...]) else {
            print(usage)
            exit(2)
        }
        return command.run()
    }

    private init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let flag = rest.popFirst() {
            switch flag {
            case "--trace": isTraced = true
            case "--list-breaks": lists = true
            case "--hours":
                guard let value = rest.popFirst().flatMap({ Double($0) }), value > 0, value <= 1e9 else {
                    return nil
                }
                hours = value
            case "--seed":
                guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = value
            case "--history":
                guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                history = value
            case "--break":
                guard let value = rest.popFirst().flatMap({ LeaseBreak(rawValue: $0) }) else { return nil }
                broken = value
            default: return nil
            }
        }
    }

    private func run() -> Bool {
        if lists {
            for broken in LeaseBreak.allCases { print("\(broken.rawValue): \(broken.words)") }
            return true
        }
        let began = LeaseCommand.clock()
        let count = UInt64((hours * 3600 / (Double(LeaseHistory.length.milliseconds) / 1000)).rounded(.up))
        var sum = LeaseSum()
        for history in history.map({ $0...$0 }) ?? 1...max(1, count) {
            let world = LeaseHistory.play(
                seed: LeaseHistory.seed(seed, history: history), broken: broken, isTraced: isTraced)
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
        sum.report(took: LeaseCommand.clock() - began)
        return sum.broken == 0
    }

    private static func clock() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static var usage: String {
        """
        usage: simulate --scenario lease [--hours H] [--seed S] [--history N] [--break RULE] [--trace]
               simulate --scenario lease --list-breaks
        """
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
            \(total(\.forgotten)) times a store that forgot was noticed
            \(total(\.calms)) calms, a primary at most \(slowest) ms after each
            """)
    }
}
