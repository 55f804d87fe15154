import Basics
import Options
import Transport

/// Where the options say that others are.
struct DoctorSeeds {
    struct Place: Sendable {
        /// As the option or the file has it, with its port.
        let seed: String
        let address: Address
    }

    private(set) var places: [Place] = []
    private(set) var findings: [DoctorFinding] = []
    /// Whether there is any seed, be it one that leads nowhere, or a store that may have some.
    private(set) var isGiven = false

    /// Looks names up, side by side, and reads the seed file. What takes longer than its time counts as not found.
    init(_ settings: Settings, bound: Address, until deadline: Int64) {
        var seeds = settings.seeds
        if let path = settings.seedFile {
            var file = SeedFile(path: path)
            for line in file.refresh() {
                findings.append(
                    .trouble("seeds", path, line, remedy: "mend the file: one host or host:port on a line"))
            }
            seeds += file.seeds
        }
        if settings.seedStore != nil {
            findings.append(
                .note(
                    "seeds", "seed_store", "the store was not asked",
                    remedy: "start a node: its log tells where the store does not answer"))
        }
        isGiven = !seeds.isEmpty || settings.seedStore != nil
        let lookups = seeds.map { seed in
            HostAddress(seed.host) == nil ? Later { Resolver.lookUp(seed.host, port: 0) } : nil
        }
        let found = zip(seeds, lookups).map { seed, lookup in
            let port = seed.port ?? settings.seedPort
            guard let host = HostAddress(seed.host) else {
                return (lookup?.value(until: deadline) ?? []).map { $0.with(port: port) }
            }
            let scope = host.zone.map { Scopes.index(ofZone: $0) } ?? 0
            return Address(bytes: host.bytes, port: port, scope: scope).map { [$0] } ?? []
        }
        for (seed, addresses) in zip(seeds, found) { add(seed, addresses, settings, bound) }
    }

    private mutating func add(_ seed: Seed, _ addresses: [Address], _ settings: Settings, _ bound: Address) {
        let port = seed.port ?? settings.seedPort
        let text = HostAddress(seed.host)?.isIPv4 == false ? "[\(seed.host)]:\(port)" : "\(seed.host):\(port)"
        guard !addresses.isEmpty else {
            findings.append(
                .trouble(
                    "seeds", text, "no address of '\(seed.host)' is found",
                    remedy:
                        "look at the name's spelling, at DNS and at /etc/hosts; an address in 'seeds' needs neither"
                ))
            return
        }
        let reachable = addresses.filter {
            $0.bytes.count == bound.bytes.count || (bound.bytes.count == 16 && bound.isUnspecified)
        }
        guard !reachable.isEmpty else {
            let theirs = addresses[0].bytes.count == 4 ? "IPv4" : "IPv6"
            findings.append(
                .trouble(
                    "seeds", text, "its addresses are of \(theirs), and the node is bound to \(bound.host)",
                    remedy: "bind the node to an address of \(theirs), or to :: for both"))
            return
        }
        for address in reachable where !places.contains(where: { $0.address == address }) {
            places.append(Place(seed: text, address: address))
        }
    }
}
