import Basics
import Options
import Transport

/// Where the seeds are: what the options and the seed file name, with the addresses of the names among them. Names
/// are asked for again now and then, since where they point may change and a name server may be late.
///
/// A value: `begin` says what is to be looked at, each by a thread of its own, and `found` takes what came of it.
struct SeedLookup: Sendable {
    private let given: [Seed]
    private let port: UInt16
    private let bound: Address
    private var file: SeedFile?
    private var isReading = false
    private var names: [String: Name] = [:]
    private var lookedAt = Instant.distantPast

    /// What may block, for minutes: a name whose server is dead keeps neither the others nor the file from being looked at.
    enum Look: Sendable {
        case file(SeedFile)
        case name(String)

        /// Looks. Blocks.
        func finding() -> Finding {
            switch self {
            case .file(var file):
                let news = file.refresh()
                return .file(file, news)
            case .name(let host): return .name(host, Resolver.lookUp(host, port: 0))
            }
        }
    }

    /// What came of a look.
    enum Finding: Sendable {
        case file(SeedFile, [String])
        case name(String, [Address])
    }

    private struct Name {
        /// The last good ones: a name server that fails takes nothing away.
        var addresses: [Address] = []
        var hasFailed = false
        var isAsked = false
        var askedAt = Instant.distantPast

        /// A node that knows nobody asks sooner: its seeds may have moved.
        func due(isAlone: Bool) -> Instant { askedAt + .seconds(hasFailed ? 2 : isAlone ? 5 : 60) }
    }

    /// However many a name server counts up.
    static let mostAddresses = 1024
    /// The most names that are asked for at a time.
    static let mostAsked = 8
    /// How often the file, and interfaces that seeds name, are looked for.
    private static let interval = Interval.seconds(3)

    init(_ settings: Settings, bound: Address) {
        given = settings.seeds
        port = settings.seedPort
        self.bound = bound
        file = settings.seedFile.map { SeedFile(path: $0) }
    }

    private var seeds: [Seed] { given + (file?.seeds ?? []) }

    /// All that are known, without doubles, in the order of the seeds.
    var addresses: [Address] {
        var found: [Address] = []
        for seed in seeds {
            let port = seed.port ?? port
            if let host = HostAddress(seed.host) {
                if let address = Address(host, port: port), !found.contains(address) { found.append(address) }
                continue
            }
            for address in names[seed.host]?.addresses ?? [] where !found.contains(address.with(port: port)) {
                found.append(address.with(port: port))
            }
        }
        return Array(found.prefix(SeedLookup.mostAddresses))
    }

    /// When `begin` has something to do; nil for not before something has been found.
    func due(isAlone: Bool) -> Instant? {
        let ask = roomToAsk > 0 ? namesToAsk.map { $0.name.due(isAlone: isAlone) }.min() : nil
        return [lookDue, ask].compactMap { $0 }.min()
    }

    private var lookDue: Instant? {
        let hasZones = seeds.contains { HostAddress($0.host)?.zone != nil }
        return !isReading && (file != nil || hasZones) ? lookedAt + SeedLookup.interval : nil
    }

    private var namesWanted: Set<String> { Set(seeds.map(\.host).filter { HostAddress($0) == nil }) }

    private var namesToAsk: [(host: String, name: Name)] {
        namesWanted.map { ($0, names[$0] ?? Name()) }.filter { !$0.1.isAsked }
    }

    private var roomToAsk: Int { SeedLookup.mostAsked - names.values.count { $0.isAsked } }

    /// Reads the file before anything else. What people should know of it. Blocks.
    mutating func readFile(now: Instant) -> [String] {
        lookedAt = now
        return file?.refresh() ?? []
    }

    /// What is due and not looked at yet; from now on it is, until `found` or `failed`. Of too many names those that
    /// were not asked for longest go first.
    mutating func begin(isAlone: Bool, now: Instant) -> [Look] {
        var looks: [Look] = []
        if let due = lookDue, due <= now {
            lookedAt = now
            if let file {
                isReading = true
                looks.append(.file(file))
            }
        }
        let wanted = namesWanted
        names = names.filter { wanted.contains($0.key) || $0.value.isAsked }
        let due = namesToAsk.filter { $0.name.due(isAlone: isAlone) <= now }
            .sorted { ($0.name.askedAt, $0.host) < ($1.name.askedAt, $1.host) }
        for (host, _) in due.prefix(roomToAsk) {
            names[host, default: Name()].isAsked = true
            looks.append(.name(host))
        }
        return looks
    }

    /// Takes what came of a look, at the moment when it came: a name server may take its time to say nothing. What people
    /// should know of it.
    mutating func found(_ finding: Finding, now: Instant) -> [String] {
        switch finding {
        case .file(let file, let news):
            self.file = file
            isReading = false
            lookedAt = now
            return news
        case .name(let host, let all):
            var name = names[host] ?? Name()
            defer { names[host] = name }
            let addresses = all.filter(isReachable)
            let isNews = addresses.isEmpty && !name.hasFailed
            name.isAsked = false
            name.hasFailed = addresses.isEmpty
            if !addresses.isEmpty { name.addresses = addresses }
            name.askedAt = now
            guard isNews else { return [] }
            let rest = name.addresses.isEmpty ? "it is asked for again" : "its last addresses are kept"
            return ["no address of the seed '\(host)' was found; \(rest)"]
        }
    }

    /// There was no thread to look.
    mutating func failed(_ look: Look, now: Instant) {
        switch look {
        case .file: isReading = false
        case .name(let host):
            names[host]?.isAsked = false
            names[host]?.hasFailed = true
            names[host]?.askedAt = now
        }
    }

    /// Whether the node's sockets reach addresses of this family: those of `::` reach both.
    private func isReachable(_ address: Address) -> Bool {
        address.bytes.count == bound.bytes.count || (bound.bytes.count == 16 && bound.isUnspecified)
    }
}

extension Address {
    /// With the number of the interface behind `%`; nil where there is none of that name now.
    init?(_ host: HostAddress, port: UInt16) {
        let scope = host.zone.map { Scopes.index(ofZone: $0) }
        guard scope != 0 else { return nil }
        self.init(bytes: host.bytes, port: port, scope: scope ?? 0)
    }
}
