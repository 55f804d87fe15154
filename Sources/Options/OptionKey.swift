/// The name of every option, as files and `set` write it.
///
/// The cases are what code says; the raw values are what people write. One row of `OptionTable` describes
/// each.
package enum OptionKey: String, CaseIterable, Sendable {
    case cluster
    case nodeId = "node_id"
    case name
    case stateDirectory = "state_dir"

    case bind
    case port
    case portOffset = "port_offset"
    case portRange = "port_range"
    case advertise

    case seeds
    case seedFile = "seed_file"
    case seedStore = "seed_store"
    case multicast
    case multicastGroup = "multicast_group"
    case multicastPort = "multicast_port"
    case multicastInterface = "multicast_interface"
    case multicastTtl = "multicast_ttl"
    case multicastInterval = "multicast_interval"

    case key
    case keys
    case keyFile = "key_file"
    case insecure

    case profile
    case probeInterval = "probe_interval"
    case probeTimeout = "probe_timeout"
    case suspicionMin = "suspicion_min"
    case suspectMax = "suspect_max"
    case syncInterval = "sync_interval"
    case reconnectInterval = "reconnect_interval"
    case tombstoneTime = "tombstone_time"
    case links
    case expectedSize = "expected_size"

    case dispatch
    case eventQueue = "event_queue"
    case control
    case debug

    case http
    case httpTokenFile = "http_token_file"
    case httpClusterManagerPath = "http_cluster_manager_path"

    case failoverPosition = "failover.position"
    case failoverGrace = "failover.grace"
    case failoverExpect = "failover.expect"
    case failoverUnresponsiveAfter = "failover.unresponsive_after"
    case failoverDemoteTimeout = "failover.demote_timeout"
    case failoverPromoteTimeout = "failover.promote_timeout"
    case failoverOnLost = "failover.on_lost"
    case failoverReady = "failover.ready"
    case failoverQuorum = "failover.quorum"
    case failoverAuthority = "failover.authority"
    case failoverStore = "failover.store"
    case failoverVoters = "failover.voters"
    case failoverLease = "failover.lease"
    case failoverLongestLease = "failover.longest_lease"
    case failoverGuardian = "failover.guardian"

    case tasksResolver = "tasks.resolver"
    case tasksServerCount = "tasks.server_count"
    case tasksServerGrace = "tasks.server_grace"
    case tasksNodes = "tasks.nodes"
    case tasksMovesPerMinute = "tasks.moves_per_minute"
    case tasksResolvingPeriod = "tasks.resolving_period"
    case tasksResolvingFrequency = "tasks.resolving_frequency"
    case tasksWeight = "tasks.weight"
    case tasksLabels = "tasks.labels"
}

/// What an option is about: the headings of `docs/options.md`.
package enum OptionGroup: String, CaseIterable, Sendable {
    case identity = "Identity"
    case address = "Address"
    case discovery = "Discovery"
    case security = "Security"
    case detection = "Detection"
    case host = "In the host"
    case console = "Console"
    case failover = "Failover"
    case tasks = "Tasks"
}
