import Basics
import Simulation

/// Crowds that join through one seed at one instant: until when all agree, and what it costs that member and the busiest
/// of the others. Fails where it takes longer than it may.
enum JoinReport {
    static let report = Report(
        name: "join", summary: "100 and 1000 members that join through one at the same instant", run: run)

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        var isWell = true
        for members in arguments.members.map({ [$0] }) ?? [100, 1000] {
            for seed in arguments.seeds ?? 1...1 {
                let joining = Joining(members: members, seed: seed)
                let longest = Joining.longest(members: members)
                let agreed = joining.agreedAfter.map { "\($0.milliseconds) ms" } ?? "never"
                print(
                    """
                    \(members) members through one seed at once: of one mind after \(agreed), \
                    \(longest.milliseconds) ms at most
                        the seed      \(words(joining.seed))
                        the busiest   \(words(joining.busiest))
                    """)
                if let violation = joining.violation {
                    print("    broken: \(violation.rule.words): \(violation.text)")
                }
                guard let agreedAfter = joining.agreedAfter else { return false }
                isWell = isWell && joining.violation == nil && agreedAfter <= longest
            }
        }
        return isWell
    }

    private static func words(_ traffic: Traffic) -> String {
        """
        sent \(words(traffic.sent)), received \(words(traffic.received)); \
        at most \(traffic.peakDatagrams) datagrams and \(kilobytes(traffic.peakBytes)) KB in a second
        """
    }

    private static func words(_ share: Traffic.Share) -> String {
        "\(share.datagrams) datagrams (\(kilobytes(share.datagramBytes)) KB) and \(kilobytes(share.streamBytes)) KB on streams"
    }

    private static func kilobytes(_ bytes: Int) -> Int { (bytes + 500) / 1000 }
}
