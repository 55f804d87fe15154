/// What an option takes: its kind, its unit and its range, so that one place parses, checks and describes it.
package enum OptionType: Equatable, Sendable {
    /// A name: text in normalisation form C without control characters, this many bytes long.
    case text(bytes: ClosedRange<Int>)
    /// A path of the file system, at most this many bytes long.
    case path(longest: Int)
    /// The path of a URL, with or without `/*` behind it.
    case urlPath
    /// A decimal whole number.
    case integer(ClosedRange<Int64>)
    /// A span of time; the range is in nanoseconds.
    case duration(nanoseconds: ClosedRange<Int64>)
    case boolean
    /// One of a few words, or another spelling of one, which is written here in small letters.
    case word([String], also: [String: String] = [:])
    /// An IPv4 or IPv6 address.
    case address
    /// An IPv4 or IPv6 multicast address.
    case multicastGroup
    /// An address, with or without a port, that other hosts can use.
    case endpoint
    /// An address of this host and a port.
    case listener
    /// A list of host, host:port and [v6]:port.
    case seeds
    /// The name or address of a network interface.
    case interface
    /// A secret of 32 bytes.
    case key
    /// A list of such secrets.
    case keys
    /// The URL of a store; it may hold a password.
    case store
    /// Lists of node ids, each following the one before it.
    case voters
    /// A list of at most this many names.
    case names(most: Int)
}

extension OptionType {
    /// What is allowed, as it completes "must be ...".
    package var allowed: String {
        switch self {
        case .text(let bytes):
            return
                "\(bytes.lowerBound) to \(bytes.upperBound) bytes of UTF-8 (NFC) without control characters"
        case .path(let longest):
            return "a path of at most \(longest) bytes without control characters"
        case .urlPath:
            return "a path of a URL, such as /cluster-manager, of at most \(longestUrlPath) bytes"
        case .integer(let range):
            return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            let lowest = durationText(nanoseconds: range.lowerBound)
            let highest = durationText(nanoseconds: range.upperBound)
            return "a duration from \(lowest) to \(highest) "
                + "(500ms, 1.5s, 2m, 1h, 7d; a bare number is milliseconds)"
        case .boolean:
            return "true or false (also yes, no, on, off, 1, 0)"
        case .word(let words, _):
            return words.joined(separator: " or ")
        case .address:
            return "an IPv4 or IPv6 address"
        case .multicastGroup:
            return "a multicast address (224.0.0.0 to 239.255.255.255, or of ff00::/8)"
        case .endpoint:
            return "an address, address:port or [v6]:port that other hosts can reach"
        case .listener:
            return "address:port or [v6]:port, where this host listens"
        case .seeds:
            return "a list of host, host:port or [v6]:port, at most \(Seed.most) of them"
        case .interface:
            return "the name (at most 15 bytes) or the address of a network interface"
        case .key:
            return "32 bytes as 64 hexadecimal digits or as 44 characters of base64"
        case .keys:
            return "a list of up to \(mostKeys) different keys, each \(OptionType.key.allowed)"
        case .voters:
            return
                "lists of 3 to 15 different node ids, separated by comma; of two lists with ';' between them the second has "
                + "one id more or less"
        case .names(let most):
            return "a list of 1 to \(most) names of at most \(longestName) bytes, separated by comma"
        case .store:
            return
                "a URL of at most 2048 bytes: sqlite:PATH, postgresql://HOST/DATABASE, etcd://HOST:PORT or odbc:DSN=NAME"
        }
    }

    /// The kind and range as a cell of the reference table.
    var cell: String {
        switch self {
        case .text(let bytes): return "text, \(bytes.lowerBound) to \(bytes.upperBound) bytes"
        case .path(let longest): return "path, at most \(longest) bytes"
        case .urlPath: return "path of a URL, at most \(longestUrlPath) bytes"
        case .integer(let range): return "number, \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            let lowest = durationText(nanoseconds: range.lowerBound)
            let highest = durationText(nanoseconds: range.upperBound)
            return "duration, \(lowest) to \(highest)"
        case .boolean: return "true or false"
        case .word(let words, _): return words.map { "`\($0)`" }.joined(separator: " or ")
        case .address: return "IPv4 or IPv6 address"
        case .multicastGroup: return "IPv4 or IPv6 multicast address"
        case .endpoint: return "address or address:port"
        case .listener: return "address:port"
        case .seeds: return "list of host:port, at most \(Seed.most)"
        case .interface: return "interface name or address"
        case .key: return "secret, 32 bytes as hex or base64"
        case .keys: return "list of up to \(mostKeys) such secrets"
        case .store: return "URL of a store, at most 2048 bytes"
        case .voters: return "list of 3 to 15 node ids, or several with `;` between them"
        case .names(let most): return "list of at most \(most) names"
        }
    }
}
