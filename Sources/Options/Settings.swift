/// A whole configuration, parsed and free of contradictions: what a node runs on.
package struct Settings: Equatable, Sendable {
    /// Who runs the callbacks.
    package enum Dispatch: String, Sendable { case thread, manual }
    /// Who decides about the primary.
    package enum Authority: String, Sendable { case members, store, majority }
    /// What becomes of a host that goes on without the role.
    package enum OnLost: String, Sendable { case report, exit }
    /// Who decides which node has which task.
    package enum TaskResolver: String, CaseIterable, Sendable {
        case single
        case roundRobin = "round-robin"
        case nodes
        case leastLoaded = "least-loaded"
        case rendezvous
        case host
    }

    package var cluster: String
    /// Nil where nobody gave one: the node makes a random one.
    package var nodeId: String?
    /// Nil where nobody gave one: the node id serves, or what the node makes of its host and port.
    package var name: String?
    /// Nil: nothing is remembered.
    package var stateDirectory: String?

    package var bind: HostAddress
    /// Where it listens: `port` and `port_offset`.
    package var port: UInt16
    /// The port of seeds that come without one: `port` alone.
    package var seedPort: UInt16
    package var portRange: Int
    package var advertise: Endpoint?

    package var seeds: [Seed]
    package var seedFile: String?
    package var seedStore: String?
    package var multicast: Bool
    package var multicastGroup: HostAddress
    package var multicastPort: UInt16
    /// Nil: every interface that is up and can multicast.
    package var multicastInterface: String?
    package var multicastTtl: UInt8
    package var multicastIntervalNanoseconds: Int64

    /// 32 bytes each, from `key`, `keys` or `key_file`; the first seals. Empty: the plain mode.
    package var keys: [[UInt8]]
    package var insecure: Bool

    package var probeIntervalNanoseconds: Int64
    package var probeTimeoutNanoseconds: Int64
    package var suspicionMinNanoseconds: Int64
    package var suspectMaxNanoseconds: Int64
    package var syncIntervalNanoseconds: Int64
    package var reconnectIntervalNanoseconds: Int64
    package var tombstoneTimeNanoseconds: Int64
    package var links: Int
    package var expectedSize: Int

    package var dispatch: Dispatch
    package var eventQueue: Int
    package var control: String?
    package var debug: Bool

    /// Without `/` at its end.
    package var httpClusterManagerPath: String

    /// Where the console answers, with a port; nil: nowhere.
    package var http: Endpoint?
    /// Nil: only this machine is answered.
    package var httpToken: [UInt8]?

    /// Nil: no place in the line was asked for.
    package var failoverPosition: Int?
    package var failoverGraceNanoseconds: Int64
    /// Nil: no number of seats ends the grace time.
    package var failoverExpect: Int?
    package var failoverUnresponsiveAfterNanoseconds: Int64
    package var failoverDemoteTimeoutNanoseconds: Int64
    /// 0: a promote callback has all the time it takes.
    package var failoverPromoteTimeoutNanoseconds: Int64
    package var failoverOnLost: OnLost
    package var failoverReady: Bool
    /// 0: no members are asked for.
    package var failoverQuorum: Int
    package var failoverAuthority: Authority
    /// Given where the authority is `store`, and only there.
    package var failoverStore: String?
    /// Given where the authority is `majority`, and only there: the lists of voters, the one in force last.
    package var failoverVoters: [[String]]
    package var failoverLeaseNanoseconds: Int64
    package var failoverLongestLeaseNanoseconds: Int64
    package var failoverGuardian: Bool

    package var tasksResolver: TaskResolver
    package var tasksServerCount: Int
    /// 0: it waits for so many nodes for ever.
    package var tasksServerGraceNanoseconds: Int64
    /// Given where the resolver is `nodes`, and only there.
    package var tasksNodes: [String]
    package var tasksMovesPerMinute: Int
    package var tasksResolvingPeriodNanoseconds: Int64
    package var tasksResolvingFrequency: Int
    package var tasksWeight: UInt32
    /// Sorted, none twice.
    package var tasksLabels: [String]
}

extension Settings: CustomStringConvertible, CustomReflectable {
    /// Neither `print` nor `dump` may show the keys.
    package var description: String { "Settings(cluster: \(quoted(cluster)))" }

    package var customMirror: Mirror { Mirror(self, children: ["cluster": cluster]) }
}

extension Options {
    /// The settings, or an error that names the first thing wrong: a bad value, a missing one, a
    /// contradiction, a key file that cannot be read.
    package func settings() throws(OptionError) -> Settings {
        let settings = Settings(
            cluster: try requiredCluster(),
            nodeId: try text(.nodeId),
            name: given(.name) == nil ? nil : try text(.name),
            stateDirectory: try text(.stateDirectory),
            bind: try address(.bind),
            port: try listeningPort(),
            seedPort: UInt16(clamping: try number(.port)),
            portRange: Int(clamping: try number(.portRange)),
            advertise: try endpoint(.advertise),
            seeds: try seeds(.seeds),
            seedFile: try text(.seedFile),
            seedStore: try text(.seedStore),
            multicast: try boolean(.multicast),
            multicastGroup: try address(.multicastGroup),
            multicastPort: UInt16(clamping: try number(.multicastPort)),
            multicastInterface: try text(.multicastInterface),
            multicastTtl: UInt8(clamping: try number(.multicastTtl)),
            multicastIntervalNanoseconds: try number(.multicastInterval),
            keys: try clusterKeys(),
            insecure: try boolean(.insecure),
            probeIntervalNanoseconds: try number(.probeInterval),
            probeTimeoutNanoseconds: try number(.probeTimeout),
            suspicionMinNanoseconds: try number(.suspicionMin),
            suspectMaxNanoseconds: try number(.suspectMax),
            syncIntervalNanoseconds: try number(.syncInterval),
            reconnectIntervalNanoseconds: try number(.reconnectInterval),
            tombstoneTimeNanoseconds: try number(.tombstoneTime),
            links: Int(clamping: try number(.links)),
            expectedSize: Int(clamping: try number(.expectedSize)),
            dispatch: try text(.dispatch).flatMap { Settings.Dispatch(rawValue: $0) } ?? .thread,
            eventQueue: Int(clamping: try number(.eventQueue)),
            control: try text(.control),
            debug: try boolean(.debug),
            httpClusterManagerPath: try text(.httpClusterManagerPath) ?? "",
            http: try endpoint(.http),
            httpToken: try consoleToken(),
            failoverPosition: try positive(.failoverPosition),
            failoverGraceNanoseconds: try number(.failoverGrace),
            failoverExpect: try positive(.failoverExpect),
            failoverUnresponsiveAfterNanoseconds: try number(.failoverUnresponsiveAfter),
            failoverDemoteTimeoutNanoseconds: try number(.failoverDemoteTimeout),
            failoverPromoteTimeoutNanoseconds: try number(.failoverPromoteTimeout),
            failoverOnLost: try text(.failoverOnLost).flatMap { Settings.OnLost(rawValue: $0) } ?? .report,
            failoverReady: try boolean(.failoverReady),
            failoverQuorum: Int(clamping: try number(.failoverQuorum)),
            failoverAuthority: try text(.failoverAuthority).flatMap { Settings.Authority(rawValue: $0) }
                ?? .members,
            failoverStore: try text(.failoverStore),
            failoverVoters: try voters(.failoverVoters),
            failoverLeaseNanoseconds: try number(.failoverLease),
            failoverLongestLeaseNanoseconds: try number(.failoverLongestLease),
            failoverGuardian: try boolean(.failoverGuardian),
            tasksResolver: try text(.tasksResolver).flatMap { Settings.TaskResolver(rawValue: $0) }
                ?? .single,
            tasksServerCount: Int(clamping: try number(.tasksServerCount)),
            tasksServerGraceNanoseconds: try number(.tasksServerGrace),
            tasksNodes: try names(.tasksNodes),
            tasksMovesPerMinute: Int(clamping: try number(.tasksMovesPerMinute)),
            tasksResolvingPeriodNanoseconds: try number(.tasksResolvingPeriod),
            tasksResolvingFrequency: Int(clamping: try number(.tasksResolvingFrequency)),
            tasksWeight: UInt32(clamping: try number(.tasksWeight)),
            tasksLabels: Set(try names(.tasksLabels)).sorted()
        )
        try checkAgreement(settings)
        return settings
    }
}
