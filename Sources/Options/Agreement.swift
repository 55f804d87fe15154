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

    /// The key from `key` or from the first line of `key_file`.
    func clusterKey() throws(OptionError) -> [UInt8]? {
        let key = try value(.key)
        guard let path = try text(.keyFile) else {
            guard case .key(let bytes)? = key else { return nil }
            return bytes
        }
        guard key == nil else {
            throw OptionError(.contradiction, "options 'key' and 'key_file' are both given: use one of them")
        }
        let place = "option 'key_file': \(printable(path, longest: 256))"
        switch readFile(path, limit: Options.largestFile) {
        case .failure(let trouble):
            throw OptionError(.badFile, "\(place) \(trouble.reason)")
        case .success(let content):
            let line = content.prefix { $0 != 0x0a && $0 != 0x0d }
            guard let bytes = parseKey(trimmed(String(decoding: line, as: UTF8.self))) else {
                throw OptionError(.badFile, "\(place): the first line must be \(OptionType.key.allowed)")
            }
            return bytes
        }
    }

    func checkAgreement(_ settings: Settings) throws(OptionError) {
        if settings.probeTimeoutNanoseconds >= settings.probeIntervalNanoseconds {
            throw disagreement(.probeTimeout, "below", .probeInterval)
        }
        if settings.suspectMaxNanoseconds < settings.suspicionMinNanoseconds {
            throw disagreement(.suspectMax, "at least", .suspicionMin)
        }
        if settings.multicast, settings.multicastGroup.isIPv4 != settings.bind.isIPv4 {
            throw OptionError(
                .contradiction,
                "option 'multicast_group' (\(settings.multicastGroup.text)) must be of the same family, IPv4 or "
                    + "IPv6, as 'bind' (\(settings.bind.text))")
        }
        if !settings.bind.isLoopback, settings.key == nil, !settings.insecure {
            throw OptionError(
                .contradiction,
                "option 'bind' is \(quoted(settings.bind.text)), which other hosts can reach: "
                    + "give a 'key' or 'key_file', or say insecure=true")
        }
    }

    private func disagreement(_ key: OptionKey, _ relation: String, _ other: OptionKey) -> OptionError {
        let value = { (key: OptionKey) in "'\(key.rawValue)' (\((try? get(key.rawValue)) ?? ""))" }
        return OptionError(.contradiction, "option \(value(key)) must be \(relation) \(value(other))")
    }
}
