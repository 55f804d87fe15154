/// Keys of the programs before Muster that say something in other units or words than its options. (What says the same
/// under another name is an alias in the table of options.)
enum Predecessors {
    enum Meaning {
        case option(OptionKey, String)
        /// One of the numbers that another is needed for: see `Detection`.
        case calculated(String)
        /// Nothing here, and why.
        case nothing(String)
    }

    /// Also offered where one of them is mistyped.
    static let keys =
        Detection.all.flatMap { [$0.pingKey, $0.timeoutKey] }
        + Detection.all.suffix(1).flatMap { [parameters + $0.pingKey, parameters + $0.timeoutKey] }
        + [socketMode, tcpHost, resolvingPeriod, parameters + "localGroupId"] + needless

    static let socketMode = "failover.socket.mode"
    private static let tcpHost = "failover.tcp.host"
    private static let resolvingPeriod = "task_handling.resolving_period"
    /// Where WSO2's files give Java's system properties.
    private static let parameters = "system.parameter."
    private static let jgroups = "failover.jgroups."

    private static let needless = [
        "clusterConfig", "scheduledPeriod", parameters + "scheduledPeriod",
        "task_handling.enable_task_delete_barrier", "task_handling.coordination_hardening",
        "task_handling.synchronous_injection", "task_handling.enable_task_monitoring",
    ]

    /// Keys of which only the beginning is known.
    static func claims(_ key: String) -> Bool { key.hasPrefix(jgroups) }

    static func meaning(of entry: FileEntry) throws(OptionError) -> Meaning {
        let text = trimmed(entry.text)
        switch entry.key {
        case socketMode: return .option(.multicast, try SocketMode.usesMulticast(text) ? "true" : "false")
        case tcpHost:
            guard Endpoint(text) == nil else { return .option(.advertise, text) }
            guard isDomainName(text) else {
                throw OptionError(
                    .badValue,
                    "option \(quoted(entry.key)) cannot be \(quoted(text)): must be \(OptionType.endpoint.allowed)"
                )
            }
            return .nothing(
                "it is a name, and the node tells the others the address it has; give 'advertise' an address for another"
            )
        case resolvingPeriod:
            // Theirs has no unit, and means seconds.
            return .option(.tasksResolvingPeriod, text.utf8.allSatisfy(isDigit) ? text + "s" : text)
        case let key where key.hasPrefix(parameters) && !needless.contains(key):
            let name = String(key.dropFirst(parameters.utf8.count))
            return name == "localGroupId" ? .option(.cluster, text) : .calculated(name)
        case let key where claims(key):
            throw OptionError(
                .badValue,
                "option \(quoted(key)) is for JGroups, which is not here: use failover.socket.mode=tcp and name the "
                    + "others by 'failover.tcp.peers', or failover.socket.mode=multicast")
        case let key where needless.contains(key): return .nothing("nothing like it is needed here")
        default: return .calculated(entry.key)
        }
    }
}

/// Interlok's way to reach the others, which leaves the keys of the other ways without meaning.
struct SocketMode {
    let word: String

    init(_ entries: [FileEntry]) {
        let entry = entries.last { $0.key == Predecessors.socketMode }
        word = entry.map { trimmed($0.text).lowercased() } ?? ""
    }

    func rules(out key: String) -> Bool {
        switch word {
        case "multicast": key.hasPrefix("failover.tcp.")
        case "tcp": key == "failover.multicast.group" || key == "failover.multicast.port"
        default: false
        }
    }

    static func usesMulticast(_ text: String) throws(OptionError) -> Bool {
        switch text.lowercased() {
        case "multicast": return true
        case "tcp": return false
        case "jgroups":
            throw OptionError(
                .badValue,
                "option 'failover.socket.mode' cannot be 'jgroups', which is not here: use tcp and name the others by "
                    + "'failover.tcp.peers', or multicast")
        default:
            throw OptionError(
                .badValue, "option 'failover.socket.mode' cannot be \(quoted(text)): must be tcp or multicast"
            )
        }
    }
}
