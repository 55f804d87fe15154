import Basics
import Simulation

/// Fails where a crowd takes longer, or more, than it may.
enum JoinReport {
    static let report = Report(
        name: "join", summary: "100 and 1000 members that join through one at the same instant", run: run)

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        var isWell = true
        for members in arguments.members.map({ [$0] }) ?? [100, 1000] {
            for seed in arguments.seeds ?? 1...1 {
                let joining = Joining(members: members, seed: seed)
                let agreed = joining.agreedAfter.map { "\($0.milliseconds) ms" } ?? "never"
                print(
                    """
                    \(members) members through one at once: of one mind after \(agreed) \
                    (at most \(joining.longest.milliseconds) ms)
                        the seed:    \(words(joining.seed)) (at most \(kilobytes(joining.bytesMost)) KB)
                        the busiest: \(words(joining.busiest))
                        any other, in a second: \(joining.mostDatagrams) datagrams (at most \(joining.datagramsMost))
                    """)
                if let violation = joining.violation {
                    print("    broken: \(violation.rule.words): \(violation.text)")
                }
                isWell = isWell && joining.isWell
            }
        }
        return isWell
    }

    private static func words(_ traffic: Traffic) -> String {
        """
        sent \(words(traffic.sent)), received \(words(traffic.received)); \
        in a second \(traffic.peakDatagrams) datagrams, \(kilobytes(traffic.peakBytes)) KB
        """
    }

    private static func words(_ share: Traffic.Share) -> String {
        "\(share.datagrams) datagrams of \(kilobytes(share.datagramBytes)) KB and \(kilobytes(share.streamBytes)) KB on streams"
    }

    private static func kilobytes(_ bytes: Int) -> Int { (bytes + 500) / 1000 }
}
