/// A configuration in the making: texts by option, each with the place it came from.
///
/// The places are kept apart until the end, so that the order of calls does not matter: what was set beats
/// the environment, which beats a file, which beats the default.
package struct Options: Sendable {
    private var wasSet: [OptionKey: Given] = [:]
    private var inEnvironment: [OptionKey: Given] = [:]
    private var inFile: [OptionKey: Given] = [:]
    /// What people should know of the files that were read.
    package private(set) var notes: [String] = []
    /// Whether a file of WSO2's was among them.
    private(set) var hasForeignIdentity = false

    package init() {}

    /// Sets an option by its name or an alias. An empty text takes back what was set before.
    package mutating func set(_ key: String, _ text: String) throws(OptionError) {
        let row = try Options.row(key)
        wasSet[row.key] = try Options.given(text, for: row, spelled: key, from: .set)
    }

    /// The text in force: what was given, else the default, else nothing. A secret answers `(set)`.
    package func get(_ key: String) throws(OptionError) -> String {
        let row = try Options.row(key)
        guard let given = given(row.key) else { return fallback(row) }
        _ = try value(row.key)
        return row.isSecret ? "(set)" : given.text
    }

    /// Where the value in force came from.
    package func origin(_ key: String) throws(OptionError) -> Origin {
        let row = try Options.row(key)
        return given(row.key)?.origin ?? .fallback
    }

    /// Takes what a file says. Options of an earlier file stay, except where this one names them again.
    mutating func adopt(_ file: FileReading) {
        for (key, given) in file.found { inFile[key] = given }
        for (key, given) in file.implied where inFile[key] == nil { inFile[key] = given }
        notes += file.report.notes.prefix(Options.mostNotes - notes.count)
        if file.kind == .microIntegrator { hasForeignIdentity = true }
    }

    private static let mostNotes = 32

    /// Takes what the environment says about one option: nil takes it back.
    mutating func adopt(environment given: Given?, for key: OptionKey) {
        inEnvironment[key] = given
    }

    /// What was given in the strongest place, or nil where nobody gave anything.
    func given(_ key: OptionKey) -> Given? {
        wasSet[key] ?? inEnvironment[key] ?? inFile[key]
    }

    /// The parsed value in force, or nil where there is neither a value nor a default.
    func value(_ key: OptionKey) throws(OptionError) -> OptionValue? {
        let row = OptionTable.row(key)
        guard let given = given(key) else {
            let text = fallback(row)
            return text.isEmpty ? nil : try row.parse(text, spelled: row.name)
        }
        do throws(OptionError) {
            // Texts from the environment arrive unchecked: there was nobody to throw at.
            if given.isBroken { throw OptionError(.badValue, "option \(quoted(row.name)) is not UTF-8") }
            return try row.parse(given.text, spelled: given.spelling)
        } catch {
            throw error.at(given.origin.place)
        }
    }

    /// The default in force. That of some options depends on others.
    private func fallback(_ row: OptionRow) -> String {
        switch row.key {
        case .bind: return isOpen ? "0.0.0.0" : "127.0.0.1"
        case .name: return given(.nodeId)?.text ?? ""
        case .multicastGroup: return bindsIPv6 ? "ff12::8000:7878" : "239.255.78.78"
        case .profile: return row.fallback
        case .failoverLease: return profile.defaults[row.key] ?? (isDatabase ? "9s" : "3s")
        case .failoverLongestLease:
            return given(.failoverLease)?.text ?? fallback(OptionTable.row(.failoverLease))
        default: return profile.defaults[row.key] ?? row.fallback
        }
    }

    private var profile: Profile {
        guard case .text(let name)? = try? value(.profile) else { return .lan }
        return Profile(rawValue: name) ?? .lan
    }

    /// Whether leases are kept where a commit may take a while, and a fail-over many seconds.
    private var isDatabase: Bool {
        let scheme = given(.failoverStore)?.text.prefix { $0 != ":" }.lowercased() ?? ""
        return ["postgresql", "postgres", "odbc"].contains(scheme)
    }

    private var bindsIPv6: Bool {
        guard case .address(let address)? = try? value(.bind) else { return false }
        return !address.isIPv4
    }

    /// Whether the node may talk to other hosts: it has a key, or was told to do without.
    private var isOpen: Bool {
        let insecure = try? value(.insecure)
        return [.key, .keys, .keyFile].contains { given($0) != nil } || insecure == .boolean(true)
    }

    /// The row of a name, or an error that offers the nearest name.
    static func row(_ name: String) throws(OptionError) -> OptionRow {
        if let row = OptionTable.row(named: name) { return row }
        let suggestion = OptionTable.nearest(to: name).map { "; did you mean \(quoted($0))?" } ?? ""
        throw OptionError(.unknownKey, "unknown option \(quoted(name))\(suggestion)")
    }

    /// The checked text, or nil where it is empty.
    static func given(
        _ text: String, for row: OptionRow, spelled spelling: String, from origin: Origin
    ) throws(OptionError) -> Given? {
        let text = trimmed(text)
        guard !text.isEmpty else { return nil }
        _ = try row.parse(text, spelled: spelling)
        return Given(text: text, spelling: spelling, origin: origin)
    }
}

/// Where a value came from, from the weakest to the strongest.
package enum Origin: Equatable, Sendable {
    case fallback
    case file(path: String, line: Int)
    case environment(variable: String)
    case set

    /// The place as an error names it.
    var place: String {
        switch self {
        case .fallback, .set: return ""
        case .file(let path, let line): return "\(printable(path, longest: 256)):\(line)"
        case .environment(let variable): return "environment variable \(variable)"
        }
    }
}

/// One text that somebody gave.
struct Given: Sendable {
    var text: String
    /// The name under which it was given: the key or an alias.
    var spelling: String
    var origin: Origin
    /// Whether the bytes were no text at all.
    var isBroken = false
}
