import Basics
import Options
import Sealing
import Transport
import Wire

/// Looks at everything in turn, as far as the time allows, and joins nothing.
struct Doctor {
    private let options: Options
    private let settings: Settings
    private let pass: DoctorPass
    private let began = Poll.now
    private let deadline: Int64
    private var visits: [Address: DoctorVisit] = [:]
    /// How each address is known to people; the first name stays.
    private var names: [Address: String] = [:]
    /// In the order in which they were heard of.
    private var places: [Address] = []

    /// More are not visited: their number says nothing new.
    private static let mostVisits = 128

    /// Nil where the options name an interface that is not there.
    init?(_ options: Options, _ settings: Settings, until deadline: Int64) {
        let scope = settings.bind.zone.map { Scopes.index(ofZone: $0) } ?? 0
        guard let bound = Address(bytes: settings.bind.bytes, port: settings.port, scope: scope) else {
            return nil
        }
        self.options = options
        self.settings = settings
        self.deadline = deadline
        pass = DoctorPass(cluster: settings.cluster, keys: DoctorKeys.ring(settings.keys), bound: bound)
    }

    mutating func look() -> [DoctorFinding] {
        // Names and multicast have a part of the time, so that whoever they lead to can be visited.
        let (settings, pass, end) = (settings, pass, share(65))
        let listening =
            settings.multicast
            ? Later { DoctorMulticast.listen(settings, pass.another, until: end) } : nil
        let (nodes, silent) = DoctorNode.all(of: settings)
        let seeds = DoctorSeeds(settings, bound: pass.bound, until: share(40))
        for place in seeds.places { add(place.address, place.seed) }
        for node in nodes { for member in node.members { add(member.address, member.id) } }
        visitAll()
        let multicast = listening?.value(until: share(70))
        for view in multicast?.visitors.values ?? [:].values { add(view) }
        for way in multicast?.ways ?? [] {
            for (id, address) in way.heard { add(address, id) }
        }
        visitAll()

        var findings = DoctorOptions.findings(options, settings, pass.bound)
        findings += DoctorPorts.findings(settings, pass, until: deadline)
        findings += seeds.findings + reach(isNodeHere: !nodes.isEmpty, seeds)
        if let multicast {
            let others = Set(
                members.filter { pass.bound.isLoopback || !pass.isHere($0.visit.address) }.map(\.name))
            findings += multicast.findings(
                others: others, hasSeeds: visits.values.contains { $0.member != nil } && seeds.isGiven)
        }
        findings +=
            DoctorCompare.sizes(members) + DoctorCompare.clocks(members) + DoctorCompare.versions(members)
        return findings + silent
            + nodes.flatMap { node in
                // Where this side is not let in, what is refused may be its own.
                node.findings(isMet: members.contains { $0.name == node.id })
            }
    }

    private func share(_ percent: Int64) -> Int64 { began + (deadline - began) * percent / 100 }

    // MARK: visits

    private mutating func add(_ address: Address, _ name: String) {
        guard names[address] == nil, places.count < Self.mostVisits else { return }
        names[address] = name
        places.append(address)
    }

    private mutating func add(_ view: [MemberRecord]) {
        for record in view {
            if let attributes = record.attributes { add(attributes.address, record.identity.id) }
        }
    }

    /// Visits whoever was not yet, and whoever these know.
    private mutating func visitAll() {
        let (pass, deadline) = (pass, deadline)
        while Poll.now < deadline {
            let fresh = places.filter { visits[$0] == nil }
            guard !fresh.isEmpty else { return }
            for visit in Later.each(
                fresh, atOnce: 32, { DoctorVisit.pay($0, pass.another, until: deadline - 300) })
            {
                visits[visit.address] = visit
                add(visit.view)
            }
        }
    }

    /// Each member once, by the address that was visited first.
    private var members: [DoctorCompare.Subject] {
        var seen: Set<Identity> = []
        return places.compactMap { place in
            guard let visit = visits[place], let member = visit.member, seen.insert(member).inserted else {
                return nil
            }
            return DoctorCompare.Subject(name: member.id, visit: visit)
        }
    }

    private func reach(isNodeHere: Bool, _ seeds: DoctorSeeds) -> [DoctorFinding] {
        var found = places.compactMap { place in visits[place] }.flatMap { visit in
            DoctorReach(
                subject: names[visit.address] ?? visit.address.text, visit: visit,
                isOwnPlace: !isNodeHere && visit.address.port == pass.bound.port && pass.isHere(visit.address)
            ).findings
        }
        let left = places.count { visits[$0] == nil }
        if left > 0 {
            found.append(
                .note(
                    "reach", "", "the time was up before \(left) addresses were visited",
                    remedy: "give a longer --timeout"))
        }
        if members.isEmpty {
            found.append(
                .note(
                    "reach", "", "no member of '\(settings.cluster)' was found",
                    remedy: seeds.isGiven || !settings.multicast
                        ? "start the others, or correct 'seeds'"
                        : "start the others; where they run, 'seeds' leads to them whatever multicast does"))
        }
        return found
    }
}
