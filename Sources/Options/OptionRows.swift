// The rows themselves, one block to each heading of the reference page.

private let millisecond: Int64 = 1_000_000
private let second: Int64 = 1_000 * millisecond
private let minute: Int64 = 60 * second
private let hour: Int64 = 60 * minute
private let day: Int64 = 24 * hour

/// The names of WSO2 Micro Integrator's resolvers, with and without their package.
private let referenceResolvers: [String: String] = {
    var words: [String: String] = [:]
    for (name, word) in [
        ("activepassiveresolver", "single"), ("roundrobinresolver", "round-robin"),
        ("tasknoderesolver", "nodes"),
    ] {
        words[name] = word
        words["org.wso2.micro.integrator.ntask.coordination.task.resolver." + name] = word
    }
    return words
}()

extension OptionTable {
    static let identityRows = [
        option(
            .cluster, .text(bytes: 1...64), note: "required",
            aliases: ["clusterName", "cluster_name", "localGroupId"],
            in: .identity, "The name of the cluster. Only nodes of one name meet."),
        option(
            .nodeId, .text(bytes: 1...64), note: "that in `state_dir`, else a random UUID",
            aliases: ["nodeId", "node.id", "cluster_config.node_id", "jboss.node.name"],
            in: .identity,
            "Who this node is, across restarts. `MUSTER_NODE_ID` is always read, in every host."),
        option(
            .name, .text(bytes: 0...64),
            note: "the node id where one was given, else the host's name and the port, `web1:7878`",
            in: .identity,
            "What people are shown instead of the node id."),
        option(
            .stateDirectory, .path(longest: 4095), note: "none: nothing is remembered", in: .identity,
            "A directory for what the node remembers from start to start: its id, its generation, tokens, where the "
                + "others were. Made where only it is missing; nodes may share it."),
    ]

    static let addressRows = [
        option(
            .bind, .address, note: "127.0.0.1 without a key, 0.0.0.0 with one or with `insecure`",
            aliases: ["jboss.bind.address"],
            in: .address, "The local address that the node listens on."),
        option(
            .port, .integer(0...65535), default: "7878", aliases: ["failover.tcp.port"], in: .address,
            "The one port number for UDP and TCP; 0 takes any pair that is free."),
        option(
            .portOffset, .integer(0...65535), default: "0",
            aliases: ["jboss.socket.binding.port-offset"], in: .address,
            "Added to `port`, so that the nodes of one machine may share a file. Seeds without a port are asked at "
                + "`port` as it stands."),
        option(
            .portRange, .integer(1...1000), default: "100", in: .address,
            "How many port numbers, from `port` on, are tried when one is taken."),
        option(
            .advertise, .endpoint, note: "the bound address", in: .address,
            "The address that other nodes are told, where a translator (NAT) stands between."),
    ]

    static let discoveryRows = [
        option(
            .seeds, .seeds, aliases: ["failover.tcp.peers"], in: .discovery,
            "Nodes to ask first, separated by comma, semicolon or white space. A host alone takes `port`. "
                + "All addresses of a name are asked, and names are looked up again."),
        option(
            .seedFile, .path(longest: 4095), note: "none", in: .discovery,
            "A file of more seeds, one on each line, comments behind `#`. It may come later, and is read again when "
                + "it changes."),
        option(
            .seedStore, .store, note: "none", in: .discovery,
            "A store in which members leave word of themselves and find each other, by a URL as in `failover.store`; they may "
                + "be the same. It may hold a password and is never shown."),
        option(
            .multicast, .boolean, default: "true", in: .discovery,
            "Whether to find the others, and be found, by multicast."),
        option(
            .multicastGroup, .multicastGroup, note: "239.255.78.78, or ff12::8000:7878 where `bind` is IPv6",
            aliases: ["failover.multicast.group", "failover.group", "jboss.default.multicast.address"],
            in: .discovery,
            "The group that beacons are sent to, of the same family as `bind`."),
        option(
            .multicastPort, .integer(1...65535), default: "7879",
            aliases: ["failover.multicast.port", "failover.port"],
            in: .discovery, "The port that beacons are sent to."),
        option(
            .multicastInterface, .interface, note: "all that are up and can multicast, as they come and go",
            in: .discovery,
            "The one interface for beacons. Loopback can multicast with IPv4 only."),
        option(
            .multicastTtl, .integer(0...255), default: "1", in: .discovery,
            "How far beacons go: 0 stays in this host, 1 in the local network; each router takes one off."),
        option(
            .multicastInterval, .duration(nanoseconds: 100 * millisecond...hour), default: "5s",
            in: .discovery,
            "The time between two beacons. A node that has just started sends them faster; one that has heard another "
                + "member's since leaves its own out."),
    ]

    static let securityRows = [
        option(
            .key, .key, note: "none", in: .security,
            "The secret that all nodes of the cluster share. It is never shown."),
        option(
            .keys, .keys, note: "none", in: .security,
            "Several such secrets, while one is being changed: the first seals, all of them open. Not together with "
                + "`key`."),
        option(
            .keyFile, .path(longest: 4095), note: "none", in: .security,
            "A file with a key on each line, the first of which seals. Not together with `key` or `keys`."),
        option(
            .insecure, .boolean, default: "false", in: .security,
            "Whether to talk to other hosts without a key, where everybody can read and forge."),
    ]

    static let detectionRows = [
        option(
            .profile, .word(Profile.allCases.map(\.rawValue)), default: Profile.lan.rawValue, in: .detection,
            "Which [set of defaults](#profiles) is taken for all that is not given."),
        option(
            .probeInterval, .duration(nanoseconds: 50 * millisecond...minute), default: "500ms",
            in: .detection, "The time between two probes; each asks one member whether it is there."),
        option(
            .probeTimeout, .duration(nanoseconds: 10 * millisecond...30 * second), default: "200ms",
            in: .detection, "How long a probe waits before others are asked. Below `probe_interval`."),
        option(
            .suspicionMin, .duration(nanoseconds: 50 * millisecond...5 * minute), default: "1s",
            in: .detection, "How long a silent member is suspected when enough others confirm."),
        option(
            .suspectMax, .duration(nanoseconds: second...hour), default: "30s", aliases: ["suspect.max"],
            in: .detection,
            "How long an unresponsive member, whose kernel answers, may stay so before it is declared dead. "
                + "At least `suspicion_min`."),
        option(
            .syncInterval, .duration(nanoseconds: 100 * millisecond...hour), default: "30s", in: .detection,
            "The time between two full exchanges of the view with a random member. While all views look the same, nine "
                + "of ten are left out."),
        option(
            .reconnectInterval, .duration(nanoseconds: 100 * millisecond...hour), default: "1s",
            in: .detection, "How often one lost member or seed is tried again."),
        option(
            .tombstoneTime, .duration(nanoseconds: 10 * second...7 * day), default: "1h", in: .detection,
            "How long a member that left or died is remembered, so that old news cannot revive it."),
        option(
            .links, .integer(0...16), default: "3", in: .detection,
            "Standing TCP links to other members: they tell of a killed process in milliseconds. 0: none."),
        option(
            .expectedSize, .integer(0...10_000), default: "0", in: .detection,
            "How many members the cluster should have. A node that sees half of them or fewer says so. 0: unknown."
        ),
    ]

    static let hostRows = [
        option(
            .dispatch, .word(["thread", "manual"]), default: "thread", in: .host,
            "Who runs callbacks: a thread of the library, or the host in its own call."),
        option(
            .eventQueue, .integer(16...1_048_576), default: "4096", in: .host,
            "How many events wait for the host. What comes beyond is counted and told as one event."),
        option(
            // A socket's address holds 107 bytes of path and the zero behind them.
            .control, .path(longest: 107), note: "off; the command sets it", in: .host,
            "The path of the socket through which the command talks to this node."),
        option(
            .debug, .boolean, default: "false", aliases: ["clusterDebug"], in: .host,
            "Whether each contact with another member is logged, at the level debug."),
    ]

    static let consoleRows = [
        option(
            .http, .listener, note: "off", in: .console,
            "Where the [console](console.md) answers: JSON, health checks, metrics, a live page. Port 0 takes any that is "
                + "free. An address that other hosts reach needs `http_token_file`."),
        option(
            .httpTokenFile, .path(longest: 4095), note: "none: only this machine is answered", in: .console,
            "A file whose first line, 16 to 256 printable characters, is what askers send as `Authorization: Bearer`. Only "
                + "health checks and the bare page are answered without."),
        option(
            .httpClusterManagerPath, .urlPath, default: "/cluster-manager",
            aliases: ["rest.cluster-manager.path"], in: .console,
            "Where the console lists the members as Interlok's cluster manager does. A `/*` at its end means nothing."
        ),
    ]

    static let failoverRows = [
        option(
            .failoverPosition, .integer(0...1_000_000), default: "0",
            aliases: ["failover.secondary.position", "failover.slave.position"], in: .failover,
            "The place in the line of standbys, 1 being the first. 0: behind all that have a place."),
        option(
            .failoverGrace, .duration(nanoseconds: 0...hour), default: "1s", in: .failover,
            "How long a cold start waits for others before it promotes. Under a lease: how long a node that meets nobody "
                + "waits before it stands for the role; one that meets others does not wait."),
        option(
            .failoverExpect, .integer(0...10_000), default: "0", in: .failover,
            "How many seats end that wait at once. 0: the time alone counts. It means nothing under a lease."),
        option(
            .failoverUnresponsiveAfter, .duration(nanoseconds: 100 * millisecond...5 * minute),
            default: "1.5s", in: .failover, "How long a primary may be unresponsive before it loses the role."
        ),
        option(
            .failoverDemoteTimeout, .duration(nanoseconds: 0...hour), default: "10s", in: .failover,
            "How long a demote callback may take before the role moves on without it."),
        option(
            .failoverPromoteTimeout, .duration(nanoseconds: 0...hour), default: "0s", in: .failover,
            "How long a promote callback may take before the role goes to the next, as if the host had declined. "
                + "0: for ever."),
        option(
            .failoverOnLost, .word(["report", "exit"]), default: "report", in: .failover,
            "What happens where a demote callback has not returned in `failover.demote_timeout` after the role was lost: "
                + "it is told, or the process ends at once, with status 70."),
        option(
            .failoverReady, .boolean, default: "true", in: .failover,
            "Whether a seat is fit to lead from its start on; the host may say otherwise at any time."),
        option(
            .failoverQuorum, .integer(0...10_000), default: "0", in: .failover,
            "How many members, with seats or without, a side must see so that it has a primary: more than half of all. "
                + "The same on all nodes. 0: none are asked for. Only with `failover.authority=members`."),
        option(
            .failoverAuthority, .word(["members", "store", "majority"]), default: "members",
            in: .failover,
            "Who decides about the primary: the live members' view, a lease in a store, or a lease that a majority of "
                + "voters grants. The same on all nodes."
        ),
        option(
            .failoverStore, .store, note: "none", in: .failover,
            "Where the leases of `failover.authority=store` are kept; [stores.md](stores.md) has the engines. It may "
                + "hold a password and is never shown."),
        option(
            .failoverVoters, .voters, note: "none", in: .failover,
            "The node ids of the voters of `failover.authority=majority`, the same on all nodes: three or more, each with a "
                + "`state_dir`. To change them, append the next list behind a semicolon: one voter more or less at a time."
        ),
        option(
            .failoverLease, .duration(nanoseconds: 300 * millisecond...10 * minute),
            note: "9s with `postgresql:` and `odbc:`, else 3s", in: .failover,
            "How long a lease lasts: standbys take over when it has not been renewed for so long. Its holder trusts it "
                + "for 7/10 of that, and renews it six times."),
        option(
            .failoverLongestLease, .duration(nanoseconds: 300 * millisecond...hour),
            note: "`failover.lease`", in: .failover,
            "The longest `failover.lease` of any node, the same on all: the wait where the store has lost the lease, and for how long a voter is silent when it starts. "
                + "Give it while the leases of a running cluster are made longer."),
        option(
            .failoverGuardian, .boolean, default: "false", in: .failover,
            "Whether a [guardian](guardian.md), a process of its own, gives the lease back when this one has died, so "
                + "that nobody waits for its end. It ends a primary that stands still for "
                + "`failover.unresponsive_after`. Not with `failover.authority=members`, where there is no lease."
        ),
    ]

    static let taskRows = [
        option(
            .tasksResolver, .word(Settings.TaskResolver.allCases.map(\.rawValue), also: referenceResolvers),
            default: Settings.TaskResolver.single.rawValue,
            aliases: ["resolver_class", "task_handling.resolver_class"], in: .tasks,
            "Who gets which task: [resolvers.md](resolvers.md) has them all. The same on all nodes, like the rest of these "
                + "but `tasks.weight` and `tasks.labels`. `ActivePassiveResolver` means `single`, `RoundRobinResolver` `round-robin`, `TaskNodeResolver` "
                + "`nodes`, with or without their Java package."),
        option(
            .tasksServerCount, .integer(1...10_000), default: "1",
            aliases: ["task_server_count", "task_resolver.task_server_count"], in: .tasks,
            "How many nodes `round-robin` wants to see: with fewer, nothing that has no node is given one."),
        option(
            .tasksServerGrace, .duration(nanoseconds: 0...day), default: "0s", in: .tasks,
            "How long `round-robin` waits for so many before it goes on with those that are there. 0: for ever."
        ),
        option(
            .tasksNodes, .names(most: 1000), note: "none",
            aliases: ["task_nodes", "task_resolver.task_nodes"],
            in: .tasks,
            "The node ids that `nodes` gives tasks to, in order. One that stands there twice gets twice as many."
        ),
        option(
            .tasksMovesPerMinute, .integer(0...1_000_000), default: "60", in: .tasks,
            "How many tasks `least-loaded` may take from living nodes in any minute, to even the load. 0: none."
        ),
        option(
            .tasksResolvingPeriod, .duration(nanoseconds: 100 * millisecond...hour), default: "2s",
            aliases: ["resolving_period"], in: .tasks,
            "How often the coordinator looks for tasks without a node, beside each change that it hears of. Give it a unit; "
                + "`resolving_period` in WSO2's table `[task_handling]` is in seconds."),
        option(
            .tasksResolvingFrequency, .integer(1...10_000), default: "5",
            aliases: ["resolving_frequency", "task_handling.resolving_frequency"], in: .tasks,
            "At every how many of these looks the coordinator tidies up what it remembers of tasks."),
        option(
            .tasksWeight, .integer(1...1000), default: "1", in: .tasks,
            "How much this node takes in relation to others, by `least-loaded` and `rendezvous`."),
        option(
            .tasksLabels, .names(most: 16), note: "none", in: .tasks,
            "What this node has, for tasks that require or prefer it."),
    ]
}
