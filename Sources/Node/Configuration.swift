import Basics
import Failover
import Lease
import Membership
import Options
import Sealing
import Stores
import Wire

/// The settings of the options' room as the other rooms take them.
extension Settings {
    var bindAddress: Address? { Address(bind, port: port) }

    /// Takes the keys out: the settings live as long as the node, a key only until it leaves the ring.
    mutating func takeRing() -> KeyRing? {
        let ring = KeyRing(keys.compactMap { Key(bytes: $0) })
        for index in keys.indices { Sealing.wipe(&keys[index]) }
        keys = []
        return ring
    }

    func membership(datagramBudget: Int) -> MembershipSettings {
        var settings = MembershipSettings()
        settings.probeInterval = Interval(nanoseconds: probeIntervalNanoseconds)
        settings.probeTimeout = Interval(nanoseconds: probeTimeoutNanoseconds)
        // As often as it takes to be sure in time: seven times and a half.
        settings.watchInterval = Interval(nanoseconds: failoverUnresponsiveAfterNanoseconds * 2 / 15)
        settings.suspicionMin = Interval(nanoseconds: suspicionMinNanoseconds)
        settings.suspectMax = Interval(nanoseconds: suspectMaxNanoseconds)
        settings.syncInterval = Interval(nanoseconds: syncIntervalNanoseconds)
        settings.reconnectInterval = Interval(nanoseconds: reconnectIntervalNanoseconds)
        settings.tombstoneTime = Interval(nanoseconds: tombstoneTimeNanoseconds)
        settings.links = links
        settings.expectedSize = expectedSize
        settings.datagramBudget = datagramBudget
        settings.beaconInterval = multicast ? Interval(nanoseconds: multicastIntervalNanoseconds) : nil
        return settings
    }

    var failover: FailoverSettings {
        var settings = FailoverSettings()
        settings.authority =
            switch failoverAuthority {
            case .members: .members
            case .store: .store
            case .majority: .majority
            }
        settings.position = UInt32(clamping: failoverPosition ?? 0)
        settings.grace = Interval(nanoseconds: failoverGraceNanoseconds)
        settings.expect = failoverExpect ?? 0
        settings.unresponsiveAfter = Interval(nanoseconds: failoverUnresponsiveAfterNanoseconds)
        settings.isReady = failoverReady
        settings.quorum = failoverQuorum
        settings.demoteTimeout = Interval(nanoseconds: failoverDemoteTimeoutNanoseconds)
        return settings
    }

    /// The lists of voters, each following the one before it; none where nobody votes.
    var voterLists: [VoterList] {
        var lists: [VoterList] = []
        for (index, ids) in failoverVoters.enumerated() {
            let predecessor = lists.last?.hash ?? 0
            guard let list = VoterList(number: UInt64(index) + 1, voters: ids, predecessor: predecessor)
            else { return [] }
            lists.append(list)
        }
        return lists
    }

    /// The one in force.
    var voterList: VoterList? { voterLists.last }

    /// Nil where the members decide.
    var lease: LeaseSettings? {
        guard failoverAuthority != .members else { return nil }
        var settings = LeaseSettings(
            lasting: Interval(nanoseconds: failoverLeaseNanoseconds),
            longestHold: Interval(nanoseconds: failoverLongestLeaseNanoseconds))
        settings.demoteWithin = Interval(nanoseconds: failoverDemoteTimeoutNanoseconds)
        // Where the process of a late host is ended, that comes first.
        if failoverOnLost == .exit { settings.demoteWithin = settings.demoteWithin + settings.renew }
        return settings
    }
}

extension Failure {
    init(_ error: StoreError, in option: OptionKey) {
        let code: FailureCode
        switch error.kind {
        case .badSettings: code = .invalid
        case .unsupported, .noDriver: code = .unsupported
        case .unreachable, .refused, .schema, .busy, .hangs, .engine: code = .system
        }
        self.init(code, "option '\(option.rawValue)': \(error.text)")
    }

    init(_ error: OptionError) {
        self.init(.invalid, error.message)
    }
}
