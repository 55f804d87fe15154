import Basics
import Options
import Transport

/// Where the seeds are: what the options and the seed file name, with the addresses of the names among them. Names
/// are asked for again now and then, since where they point may change and a name server may be late.
///
/// A value: a worker thread looks things up in a copy, which then takes the place of the original.
struct SeedLookup: Sendable {
    private let given: [Seed]
    private let port: UInt16
    private let bound: Address
    private var file: SeedFile?
    private var names: [String: Name] = [:]
    private var lookedAt = Instant.distantPast

    private struct Name {
        /// The last good ones: a name server that fails takes nothing away.
        var addresses: [Address] = []
        var hasFailed = false
        var askedAt = Instant.distantPast

        /// A node that knows nobody asks sooner: its seeds may have moved.
        func due(isAlone: Bool) -> Instant { askedAt + .seconds(hasFailed ? 2 : isAlone ? 5 : 60) }
    }

    /// However many a name server counts up.
    static let mostAddresses = 1024
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

    /// When `refresh` has something to do; nil for never.
    func due(isAlone: Bool) -> Instant? {
        let hasZones = seeds.contains { HostAddress($0.host)?.zone != nil }
        let look = file != nil || hasZones ? lookedAt + SeedLookup.interval : nil
        let ask = namesWanted.map { (names[$0] ?? Name()).due(isAlone: isAlone) }.min()
        return [look, ask].compactMap { $0 }.min()
    }

    private var namesWanted: Set<String> { Set(seeds.map(\.host).filter { HostAddress($0) == nil }) }

    /// Reads the file. What people should know of it. Blocks.
    mutating func readFile(now: Instant) -> [String] {
        lookedAt = now
        return file?.refresh() ?? []
    }

    /// Does what is due. What people should know of it. Blocks.
    mutating func refresh(isAlone: Bool, now: Instant) -> [String] {
        var news = readFile(now: now)
        let wanted = namesWanted
        names = names.filter { wanted.contains($0.key) }
        for host in wanted.sorted() {
            var name = names[host] ?? Name()
            guard name.due(isAlone: isAlone) <= now else { continue }
            let found = Resolver.lookUp(host, port: 0).filter(isReachable)
            if found.isEmpty, !name.hasFailed {
                let rest = name.addresses.isEmpty ? "it is asked for again" : "its last addresses are kept"
                news.append("no address of the seed '\(host)' was found; \(rest)")
            }
            name.hasFailed = found.isEmpty
            if !found.isEmpty { name.addresses = found }
            // From when the answer came: a name server may take its time to say nothing.
            name.askedAt = Clock.now
            names[host] = name
        }
        return news
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
