import Glibc
import Simulation

/// The line of each seed stands for itself, so that a long run is done in pieces: the next begins with the next seed.
enum ProbesReport {
    static let report = Report(
        name: "probes",
        summary: "100 members, a quarter of all packets lost: probes, and who is wrongly declared dead",
        run: run)

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        var (probes, falseDeaths, broken) = (UInt64(0), 0, 0)
        for seed in arguments.seeds ?? 1...1 {
            let losing = Losing(
                members: arguments.members ?? 100, seconds: arguments.seconds ?? 600, seed: seed)
            probes += losing.probes
            falseDeaths += losing.falseDeaths
            print(
                """
                seed \(seed): \(losing.probes) probes, \(losing.unanswered) unanswered, \
                \(losing.suspicions) suspicions heard, \(losing.falseDeaths) false deaths; \
                in all \(probes) probes, \(falseDeaths) false deaths
                """)
            if let violation = losing.violation {
                broken += 1
                print("    broken: \(violation.rule.words): \(violation.text)")
            }
            fflush(nil)
        }
        return broken == 0 && falseDeaths == 0
    }
}
