/// The runs of a job that nodes have told of, the newest last: what two nodes run is found here, whichever of them has the
/// job.
struct RunsHeard: Sendable {
    private struct Run: Hashable, Sendable {
        var moment: Int64
        var attempt: UInt32
        var node: String
        var token: UInt64
    }

    private var runs: [Run] = []

    private static let most = 16

    /// What is wrong with a run that begins; nil where nothing is, or it was told before.
    mutating func note(_ report: TaskReport, by node: String, isAtMostOnce: Bool) -> String? {
        let run = Run(moment: report.moment, attempt: report.attempt, node: node, token: report.token)
        guard !runs.contains(run) else { return nil }
        defer {
            runs.append(run)
            if runs.count > Self.most { runs.removeFirst() }
        }
        let twin = runs.first {
            $0.node != node && $0.moment == run.moment && (isAtMostOnce || $0.attempt == run.attempt)
        }
        if let twin {
            return "\(twin.node) and \(node) both began the run of \(run.moment), attempt \(run.attempt)"
        }
        // A job does not overlap with itself: who had it before begins nothing when the next one has.
        let later = runs.last { $0.node != node && $0.token > run.token }
        return later.map {
            "\(node) began the run of \(run.moment) after \($0.node), which has had it since, had begun that of \($0.moment)"
        }
    }
}
