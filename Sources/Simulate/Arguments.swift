import Simulation

/// What the command line asks for.
struct Arguments {
    var scenario: String?
    var seeds: ClosedRange<UInt64>?
    var members: Int?
    var seconds: Int?
    var calmSeconds: Int?
    /// Of `lifeguard` alone: how many of the members; all numbers of the paper where none is given.
    var starved: Int?
    /// Of leases alone: how long in all, and which of the histories.
    var hours: Double?
    var history: UInt64?
    /// A mutation, or `all`.
    var broken: String?
    var isTold = false
    var isTraced = false
    var wanted = Wanted.play

    enum Wanted { case play, help, scenarios, breaks }

    struct Fault: Error {
        var text: String
    }

    init(_ arguments: ArraySlice<String>) throws(Fault) {
        var rest = arguments
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": wanted = .help
            case "--list": wanted = .scenarios
            case "--list-breaks": wanted = .breaks
            case "--timeline": isTold = true
            case "--trace": isTraced = true
            case "--scenario", "--seed", "--seeds", "--members", "--seconds", "--calm", "--hours",
                "--history",
                "--starved", "--break":
                guard let value = rest.popFirst() else { throw Fault(text: "\(flag) wants a value") }
                try take(flag, value)
            default: throw Fault(text: "there is no \(flag)")
            }
        }
    }

    private mutating func take(_ flag: String, _ value: String) throws(Fault) {
        switch flag {
        case "--scenario": scenario = value
        case "--break": broken = value
        case "--members": members = try Arguments.count(flag, value, most: Scenario.membersMost)
        case "--starved":
            guard let count = Int(value), Lifeguard.starved.contains(count) else {
                let known = Lifeguard.starved.map { "\($0)" }.joined(separator: " ")
                throw Fault(text: "\(flag) wants one of \(known), not '\(value)'")
            }
            starved = count
        case "--seconds": seconds = try Arguments.count(flag, value, most: 1_000_000)
        case "--calm": calmSeconds = try Arguments.count(flag, value, most: 1_000_000)
        case "--hours":
            guard let hours = Double(value), hours > 0, hours <= 1e9 else {
                throw Fault(text: "--hours wants a number above 0, not '\(value)'")
            }
            self.hours = hours
        case "--history": history = try Arguments.number(flag, value)
        case "--seed":
            let seed = try Arguments.number(flag, value)
            seeds = seed...seed
        default:
            let ends = value.split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
            guard ends.count == 3, let first = ends[0], let last = ends[2], first <= last else {
                throw Fault(text: "--seeds wants two numbers, as in 1..100, not '\(value)'")
            }
            seeds = first...last
        }
    }

    private static func number(_ flag: String, _ value: String) throws(Fault) -> UInt64 {
        guard let number = UInt64(value) else {
            throw Fault(text: "\(flag) wants a number, not '\(value)'")
        }
        return number
    }

    private static func count(_ flag: String, _ value: String, most: Int) throws(Fault) -> Int {
        guard let count = Int(value), 1...most ~= count else {
            throw Fault(text: "\(flag) wants a number from 1 to \(most), not '\(value)'")
        }
        return count
    }
}
