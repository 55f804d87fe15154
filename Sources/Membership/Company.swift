import Basics
import Wire

/// How much of the cluster this node sees: whether it may be on the smaller side of a partition, or cut off.
package struct Company: Equatable, Sendable {
    /// Others should be there, and none of them is alive here. Not where all of them left, or are known to have died
    /// while their hosts live.
    package internal(set) var isIsolated = false
    /// No more than half of the expected members are alive here, this node among them. Never without that number.
    package internal(set) var isMinority = false

    package init() {}
}

extension Membership {
    /// Looks anew after every change of the view.
    mutating func judgeCompany() {
        // Who has left sees nothing more, and nothing is to be told behind its end.
        guard standing != .left, view.changes != companyJudgedAt else { return }
        companyJudgedAt = view.changes
        var judged = Company()
        judged.isIsolated =
            view.aliveCount == 0 && (company.isIsolated || view.members.contains { isMissed($0) })
        judged.isMinority =
            settings.expectedSize > 0 && (view.aliveCount + 1) * 2 <= settings.expectedSize
        guard judged != company else { return }
        company = judged
        actions.append(.company(judged))
    }

    /// Whether a member should be there, as far as this node can tell.
    private func isMissed(_ member: Member) -> Bool {
        switch member.evidence {
        case .silence, .kernelOnly, .suspicionExpired: !member.isHearsay && member.status != .left
        case .none, .connectionRefused, .superseded, .farewell, .duplicate: false
        }
    }
}
