import Basics
import Glibc
import Simulation

/// Lifeguard's experiment, our row beside the published ones.
///
/// The published figures are of A. Dadgar, J. Phillips, J. Currey: Lifeguard: Local Health Awareness for More Accurate
/// Failure Detection, DSN 2018 (arXiv 1707.00788), figure 2, read off a logarithmic plot to about a tenth. They are sums
/// over a grid of stops and runs and ten histories of each point.
enum Lifeguard {
    private static let published: [(starved: Int, swim: Int, lifeguard: Int)] = [
        (1, 900, 18), (4, 6000, 143), (8, 11_000, 110), (16, 35_000, 570), (32, 82_000, 1200),
    ]
    /// How many of the members.
    static let starved = published.map(\.starved)
    private static let repeated = 10

    static let report = Report(
        name: "lifeguard", summary: "1 to 32 of 128 members starved: who is wrongly declared dead", run: run)

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        let seeds = arguments.seeds ?? 1...1
        var isWell = true
        print(
            """
            128 members, some starved for two minutes: \(Starving.stops.count) lengths of stops by \
            \(Starving.runs.count) of runs, \(seeds.count) histories of each
            false positives in \(repeated) of each (ours times \(repeated)/\(seeds.count)); the published: DSN 2018, figure 2

            starved     SWIM  Lifeguard     ours   at healthy   called unresponsive (at healthy)   not settled
            """)
        for row in published where arguments.starved ?? row.starved == row.starved {
            var sum = Starving()
            for seed in seeds {
                for stops in Starving.stops {
                    for runs in Starving.runs {
                        sum.play(
                            starved: row.starved, stops: .milliseconds(stops), runs: .milliseconds(runs),
                            seed: seed)
                    }
                }
            }
            let scaled = { (count: Int) in "\(count * repeated / seeds.count)" }
            print(
                pad("\(row.starved)", 7), pad("\(row.swim)", 8), pad("\(row.lifeguard)", 10),
                pad(scaled(sum.falseDeaths), 8), pad(scaled(sum.falseDeathsAtHealthy), 12),
                pad("\(scaled(sum.falseUnresponsive)) (\(scaled(sum.falseUnresponsiveAtHealthy)))", 34),
                pad("\(sum.unsettled) of \(sum.histories)", 13))
            fflush(nil)
            // At most a tenth of Lifeguard's mistakes.
            let isMistaken = sum.falseDeaths * repeated * 10 > row.lifeguard * seeds.count
            if sum.unsettled > 0 || isMistaken { isWell = false }
        }
        return isWell
    }

    static let noticing = Report(
        name: "noticing", summary: "1 to 32 of 128 members in real trouble: how soon the others know",
        run: notice)

    @Sendable private static func notice(_ arguments: Arguments) -> Bool {
        let seeds = arguments.seeds ?? 1...3
        var isWell = true
        print(
            """
            how soon trouble is known, of several members at once (Lifeguard at its defaults, calculated: 12 to 13 s)
            members   stopped: first, all (ms, median)   without power: first, all (ms, median)   missed
            """)
        for row in published {
            var stopped = Noticing()
            var silent = Noticing()
            for seed in seeds {
                stopped.play(.stopped, of: row.starved, seed: seed)
                silent.play(.silent, of: row.starved, seed: seed)
            }
            print(
                pad("\(row.starved)", 7), pad("\(median(stopped.first)), \(median(stopped.full))", 36),
                pad("\(median(silent.first)), \(median(silent.full))", 42),
                pad("\(stopped.missed + silent.missed)", 8))
            fflush(nil)
            if stopped.missed + silent.missed > 0 { isWell = false }
        }
        return isWell
    }

    private static func median(_ times: [Interval]) -> Int64 {
        let sorted = times.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2].milliseconds
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}
