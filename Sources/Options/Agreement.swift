// What a single option cannot know: whether the options fit each other.

extension Options {
    func requiredCluster() throws(OptionError) -> String {
        guard let name = try text(.cluster) else {
            throw OptionError(
                .contradiction,
                "option 'cluster' is required: must be \(OptionTable.row(.cluster).type.allowed)")
        }
        return name
    }

    /// The keys from the one option that gives them; none where there is none.
    func clusterKeys() throws(OptionError) -> [[UInt8]] {
        let sources = [OptionKey.key, .keys, .keyFile].filter { given($0) != nil }
        guard sources.count < 2 else {
            throw OptionError(
                .contradiction,
                "options '\(sources[0].rawValue)' and '\(sources[1].rawValue)' are both given: use one of them"
            )
        }
        guard let path = try text(.keyFile) else {
            guard let source = sources.first, case .keys(let keys)? = try value(source) else { return [] }
            return keys
        }
        let place = "option 'key_file': \(printable(path, longest: 256))"
        switch readFile(path, limit: Options.largestFile) {
        case .failure(let trouble):
            throw OptionError(.badFile, "\(place) \(trouble.reason)")
        case .success(let content):
            guard let keys = parseKeyFile(content) else {
                throw OptionError(
                    .badFile,
                    "\(place) must have a key on each line, at most \(mostKeys) and none twice: "
                        + OptionType.key.allowed)
            }
            return keys
        }
    }

    /// `port` and `port_offset`; any free one stays any free one.
    func listeningPort() throws(OptionError) -> UInt16 {
        let port = try number(.port)
        guard port > 0 else { return 0 }
        guard let sum = UInt16(exactly: port + (try number(.portOffset))) else {
            throw OptionError(
                .contradiction, "options 'port' (\(port)) and 'port_offset' are more than 65535 together")
        }
        return sum
    }

    /// The first line of the file; nil where there is none.
    func consoleToken() throws(OptionError) -> [UInt8]? {
        guard let path = try text(.httpTokenFile) else { return nil }
        let place = "option 'http_token_file': \(printable(path, longest: 256))"
        switch readFile(path, limit: Options.largestFile) {
        case .failure(let trouble):
            throw OptionError(.badFile, "\(place) \(trouble.reason)")
        case .success(let content):
            var token = content.prefix { $0 != UInt8(ascii: "\n") }
            if token.last == UInt8(ascii: "\r") { token.removeLast() }
            guard 16...256 ~= token.count, token.allSatisfy({ 0x21...0x7e ~= $0 }) else {
                throw OptionError(
                    .badFile,
                    "\(place) must have 16 to 256 printable characters without blanks on its first line")
            }
            return Array(token)
        }
    }

    func checkAgreement(_ settings: Settings) throws(OptionError) {
        if settings.probeTimeoutNanoseconds >= settings.probeIntervalNanoseconds {
            throw disagreement(.probeTimeout, "below", .probeInterval)
        }
        if settings.suspectMaxNanoseconds < settings.suspicionMinNanoseconds {
            throw disagreement(.suspectMax, "at least", .suspicionMin)
        }
        try checkLease(settings)
        try checkResolver(settings)
        if settings.multicast, settings.multicastGroup.isIPv4 != settings.bind.isIPv4 {
            throw OptionError(
                .contradiction,
                "option 'multicast_group' (\(settings.multicastGroup.text)) must be of the same family, IPv4 or "
                    + "IPv6, as 'bind' (\(settings.bind.text))")
        }
        if let http = settings.http, !http.address.isLoopback, settings.httpToken == nil {
            throw OptionError(
                .contradiction,
                "option 'http' is \(quoted(http.address.text)), which other hosts can reach: give an 'http_token_file'"
            )
        }
        if !settings.bind.isLoopback, settings.keys.isEmpty, !settings.insecure {
            throw OptionError(
                .contradiction,
                "option 'bind' is \(quoted(settings.bind.text)), which other hosts can reach: "
                    + "give a 'key' or 'key_file', or say insecure=true")
        }
    }

    private func checkLease(_ settings: Settings) throws(OptionError) {
        let hasStore = settings.failoverStore != nil
        if hasStore != (settings.failoverAuthority == .store) {
            throw OptionError(
                .contradiction,
                hasStore
                    ? "option 'failover.store' is given, and 'failover.authority' is not 'store'"
                    : "option 'failover.authority' is 'store': say where, by 'failover.store'")
        }
        if settings.failoverVoters.isEmpty == (settings.failoverAuthority == .majority) {
            throw OptionError(
                .contradiction,
                settings.failoverVoters.isEmpty
                    ? "option 'failover.authority' is 'majority': say whose, by 'failover.voters'"
                    : "option 'failover.voters' is given, and 'failover.authority' is not 'majority'")
        }
        if settings.failoverAuthority != .members, settings.failoverQuorum > 0 {
            throw OptionError(
                .contradiction,
                "option 'failover.quorum' is for failover.authority=members: under a lease the register decides, "
                    + "however many members a side sees")
        }
        if settings.failoverGuardian, settings.failoverAuthority == .members {
            throw OptionError(
                .contradiction,
                "option 'failover.guardian' is for failover.authority=store or majority: it gives the lease of a dead primary back, and "
                    + "under failover.authority=members there is none, and nobody waits for its end")
        }
        if settings.failoverAuthority != .members, settings.failoverOnLost == .exit,
            settings.failoverDemoteTimeoutNanoseconds == 0
        {
            throw OptionError(
                .contradiction,
                "option 'failover.demote_timeout' is 0: with 'failover.on_lost' at 'exit' the process is to end before another begins, "
                    + "and the next of a hand-over would not wait for that")
        }
        if settings.failoverLongestLeaseNanoseconds < settings.failoverLeaseNanoseconds {
            throw disagreement(.failoverLongestLease, "at least", .failoverLease)
        }
    }

    /// A property that the resolver would ignore was meant for another one.
    private func checkResolver(_ settings: Settings) throws(OptionError) {
        let owners: [(key: OptionKey, resolver: Settings.TaskResolver)] = [
            (.tasksServerCount, .roundRobin), (.tasksServerGrace, .roundRobin), (.tasksNodes, .nodes),
            (.tasksMovesPerMinute, .leastLoaded),
        ]
        for (key, resolver) in owners where given(key) != nil && settings.tasksResolver != resolver {
            throw OptionError(
                .contradiction,
                "option '\(key.rawValue)' is for tasks.resolver=\(resolver.rawValue), and 'tasks.resolver' is "
                    + "'\(settings.tasksResolver.rawValue)'")
        }
        if settings.tasksResolver == .nodes, settings.tasksNodes.isEmpty {
            throw OptionError(
                .contradiction, "option 'tasks.resolver' is 'nodes': say which, by 'tasks.nodes'")
        }
    }

    private func disagreement(_ key: OptionKey, _ relation: String, _ other: OptionKey) -> OptionError {
        let value = { (key: OptionKey) in "'\(key.rawValue)' (\((try? get(key.rawValue)) ?? ""))" }
        return OptionError(.contradiction, "option \(value(key)) must be \(relation) \(value(other))")
    }
}
