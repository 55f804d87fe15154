import Basics

/// A text that was parsed as its option's type says.
enum OptionValue: Equatable, Sendable {
    case text(String)
    /// A whole number, or nanoseconds.
    case number(Int64)
    case boolean(Bool)
    case address(HostAddress)
    case endpoint(Endpoint)
    case seeds([Seed])
    case keys([[UInt8]])
    case voters([[String]])
    case names([String])
}

/// No option needs more; a longer text is refused before anything looks at it.
let longestValue = 65_536

extension OptionRow {
    /// The value that the text means. `spelling` is the name the user wrote, for the error.
    ///
    /// The text is trimmed and not empty: empty means unset, which is no value.
    func parse(_ text: String, spelled spelling: String) throws(OptionError) -> OptionValue {
        let value = text.utf8.count <= longestValue ? type.parse(text) : nil
        if let value { return value }
        let offence: String
        switch type {
        case .key, .keys, .store: offence = "the value given (\(text.utf8.count) bytes, not shown)"
        case .seeds:
            let wrong = Seed.elements(of: text).first { Seed(String($0)) == nil }
            offence = wrong.map { quoted(String($0)) } ?? "so many"
        default: offence = quoted(text)
        }
        let verb = type == .seeds ? "cannot hold" : "cannot be"
        throw OptionError(.badValue, "option \(quoted(spelling)) \(verb) \(offence): must be \(type.allowed)")
    }
}

extension OptionType {
    /// Nil where the text is not of this type or out of its range.
    func parse(_ text: String) -> OptionValue? {
        switch self {
        case .text(let bytes):
            let isName = text.isEmpty || Name.isValid(text, longest: bytes.upperBound)
            return bytes.contains(text.utf8.count) && isName ? .text(text) : nil
        case .path(let longest):
            return Name.isLabel(text, longest: longest) ? .text(text) : nil
        case .urlPath:
            return parseUrlPath(text).map { .text($0) }
        case .integer(let range):
            guard let number = wholeNumber(text), range.contains(number) else { return nil }
            return .number(number)
        case .duration(let range):
            guard let nanoseconds = parseDuration(text), range.contains(nanoseconds) else { return nil }
            return .number(nanoseconds)
        case .boolean:
            return parseBoolean(text).map { .boolean($0) }
        case .word(let words, let also):
            let word = text.lowercased()
            return words.contains(word) ? .text(word) : also[word].map { .text($0) }
        case .address:
            guard let address = HostAddress(text), !address.isMulticast else { return nil }
            return .address(address)
        case .multicastGroup:
            guard let group = HostAddress(text), group.isMulticast, group.zone == nil else { return nil }
            return .address(group)
        case .endpoint:
            // Others on other hosts have no use for an address of this host's own, or for its interface.
            guard let endpoint = Endpoint(text), endpoint.address.zone == nil,
                !endpoint.address.isUnspecified, !endpoint.address.isMulticast
            else { return nil }
            return .endpoint(endpoint)
        case .listener:
            return Endpoint(listening: text).map { .endpoint($0) }
        case .seeds:
            return parseSeeds(text).map { .seeds($0) }
        case .interface:
            return isInterfaceName(text) || HostAddress(text) != nil ? .text(text) : nil
        case .key:
            return parseKey(text).map { .keys([$0]) }
        case .keys:
            return parseKeys(text).map { .keys($0) }
        case .voters:
            return parseVoters(text).map { .voters($0) }
        case .names(let most):
            return parseNames(text, most: most).map { .names($0) }
        case .store:
            return Name.isLabel(text, longest: 2048) && text.utf8.contains(UInt8(ascii: ":"))
                ? .text(text) : nil
        }
    }
}

private func parseBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on", "1": return true
    case "false", "no", "off", "0": return false
    default: return nil
    }
}

let longestUrlPath = 128

/// A path in which nothing needs an escape, without the `/*` or `/` at its end; nil for anything else, and for all paths
/// at once.
private func parseUrlPath(_ text: String) -> String? {
    var path = Substring(text)
    if path.hasSuffix("/*") { path.removeLast(2) } else if path.hasSuffix("/") { path.removeLast() }
    let isPlain = path.utf8.allSatisfy {
        isLetterOrDigit($0) || [0x2d, 0x2e, 0x2f, 0x5f, 0x7e].contains($0)
    }
    guard path.hasPrefix("/"), path.utf8.count <= longestUrlPath, isPlain else { return nil }
    return String(path)
}

private func parseSeeds(_ text: String) -> [Seed]? {
    let elements = Seed.elements(of: text)
    guard elements.count <= Seed.most else { return nil }
    var seeds: [Seed] = []
    for element in elements {
        guard let seed = Seed(String(element)) else { return nil }
        seeds.append(seed)
    }
    return seeds
}

/// The lists of voters from the first one on, each sorted as given; nil where they do not follow each other.
private func parseVoters(_ text: String) -> [[String]]? {
    var lists: [[String]] = []
    for part in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == ";" }) {
        let ids = part.split(omittingEmptySubsequences: false) { $0 == "," }.map { trimmed(String($0)) }
        guard (3...15).contains(ids.count), Set(ids).count == ids.count, lists.count < 64,
            ids.allSatisfy({ Name.isValid($0, longest: 64) })
        else { return nil }
        if let last = lists.last, Set(ids).symmetricDifference(last).count != 1 { return nil }
        lists.append(ids)
    }
    return lists
}

/// The bytes of the longest name in a list.
let longestName = 64

/// What stands between the commas, trimmed; where there is nothing between two, there is no name. Nil where there is
/// none at all.
private func parseNames(_ text: String, most: Int) -> [String]? {
    let names = text.split { $0 == "," }.map { trimmed(String($0)) }.filter { !$0.isEmpty }
    let areValid = names.allSatisfy { Name.isValid($0, longest: longestName) }
    return (1...most).contains(names.count) && areValid ? names : nil
}

/// The text without ASCII white space at its ends.
func trimmed(_ text: String) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
        let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(Substring(bytes[first...last]))
}
