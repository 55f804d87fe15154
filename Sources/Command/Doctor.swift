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

    /// Those beyond the most that are visited.
    private var leftOut: Set<Address> = []
    /// As nodes complete link-local addresses, which are told without an interface.
    private let link: UInt32
    /// At which the doctor listens itself while it tries multicast; 0 where it does not.
    private var doorPort: UInt16 = 0

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
        link = scope != 0 ? scope : DoctorLink.index(settings.multicastInterface)
    }

    mutating func look() -> [DoctorFinding] {
        // Names and multicast have a part of the time, so that whoever they lead to can be visited.
        let (pass, deadline) = (pass, deadline)
        let listening = settings.multicast ? listen(until: share(65)) : nil
        let (nodes, silent) = DoctorNode.all(of: settings, until: share(25))
        let seeds = DoctorSeeds(settings, bound: pass.bound, until: share(40))
        for place in seeds.places { add(place.address, place.seed) }
        for node in nodes { for member in node.members { add(member.address, member.id) } }
        visitAll()
        let multicast = listening?.value(until: share(70))
        if let multicast {
            for visitor in multicast.visitors.values { add(visitor.view, toldBy: visitor.from) }
        }
        for way in multicast?.ways ?? [] {
            for (id, address) in way.heard { add(address, id) }
        }
        visitAll()

        var findings = DoctorOptions.findings(options, settings, pass.bound)
        findings += DoctorPorts.findings(settings, pass, until: visitsEnd)
        findings += seeds.findings + reach(nodes, seeds)
        if let multicast {
            let others = Set(
                members.filter { pass.bound.isLoopback || !pass.isHere($0.visit.address) }.map(\.name))
            findings += multicast.findings(
                others: others, hasSeeds: visits.values.contains { $0.member != nil } && seeds.isGiven)
        }
        findings +=
            DoctorCompare.sizes(members) + DoctorCompare.clocks(members) + DoctorCompare.versions(members)
        // Where this side is not let in, what is refused may be its own.
        let met = Set(members.map(\.name))
        let told = Later<[DoctorFinding]>.each(nodes, atOnce: 32) {
            $0.findings(isMet: met.contains($0.id), until: deadline)
        }
        return findings + silent + told.flatMap { $0 }
    }

    private func share(_ percent: Int64) -> Int64 { began + (deadline - began) * percent / 100 }

    /// The rest is for what is asked last.
    private var visitsEnd: Int64 { deadline - 300 }

    private mutating func listen(until end: Int64) -> Later<DoctorMulticast> {
        let (settings, pass) = (settings, pass.another)
        let door = DoctorDoor(pass, ports: settings.portRange)
        doorPort = door.port
        return Later { DoctorMulticast.listen(settings, pass, door, until: end) }
    }

    // MARK: visits

    /// `toldBy`: who leads there, over the same link where the address is of one.
    private mutating func add(_ address: Address, _ name: String, toldBy teller: Address? = nil) {
        let address = completed(address, toldBy: teller)
        guard names[address] == nil else { return }
        guard places.count < Self.mostVisits else {
            leftOut.insert(address)
            return
        }
        names[address] = name
        places.append(address)
    }

    private mutating func add(_ view: [MemberRecord], toldBy teller: Address) {
        for record in view {
            if let attributes = record.attributes {
                add(attributes.address, record.identity.id, toldBy: teller)
            }
        }
    }

    private func completed(_ address: Address, toldBy teller: Address?) -> Address {
        guard address.isLinkLocal, address.scope == 0 else { return address }
        let scope = teller?.scope ?? 0
        return address.with(scope: scope != 0 ? scope : link)
    }

    /// Visits whoever was not yet, and whoever these know.
    private mutating func visitAll() {
        let (pass, end, doorPort) = (pass, visitsEnd, doorPort)
        var fresh = places.filter { visits[$0] == nil }
        while !fresh.isEmpty {
            let found = Later<DoctorVisit?>.each(fresh, atOnce: 32) { place in
                // The doctor listens there itself, so that no node can.
                if place.port == doorPort, pass.isBound(to: place) {
                    return DoctorVisit(address: place, door: .refused)
                }
                return DoctorVisit.pay(place, pass.another, until: end)
            }
            for case let visit? in found {
                visits[visit.address] = visit
                add(visit.view, toldBy: visit.address)
            }
            // Nobody is asked again who was not reached before the time was up.
            let asked = Set(fresh)
            fresh = places.filter { visits[$0] == nil && !asked.contains($0) }
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

    private func reach(_ nodes: [DoctorNode], _ seeds: DoctorSeeds) -> [DoctorFinding] {
        let told = toldAddresses(nodes)
        let made = places.compactMap { place in visits[place] }
        var found = made.flatMap { (visit: DoctorVisit) -> [DoctorFinding] in
            let address = visit.address
            let name = names[address] ?? address.text
            // A machine's own name often leads to an address of loopback, where its node does not listen.
            let isOwnPlace =
                address.port == pass.bound.port && pass.isHere(address)
                && (nodes.isEmpty || address.isLoopback)
            let isTold = told.contains(address) || nodes.contains { $0.id == name }
            return DoctorReach(subject: name, visit: visit, isOwnPlace: isOwnPlace, isTold: isTold).findings
        }
        let left = places.count { visits[$0] == nil }
        if left > 0 {
            found.append(
                .note(
                    "reach", "", "the time was up before \(left) addresses were visited",
                    remedy: "give a longer --timeout"))
        }
        if !leftOut.isEmpty {
            found.append(
                .note(
                    "reach", "",
                    "\(leftOut.count) more addresses were not visited: \(Self.mostVisits) are the most",
                    remedy: "'muster members' tells of all; run this on other machines, with other seeds"))
        }
        if members.isEmpty, left == 0 {
            found.append(
                .note(
                    "reach", "", "no member of '\(settings.cluster)' was found",
                    remedy: seeds.isGiven || !settings.multicast
                        ? "start the others, or correct 'seeds'"
                        : "start the others; where they run, 'seeds' leads to them whatever multicast does"))
        }
        return found
    }

    /// What others are told of this machine's node, or shall be.
    private func toldAddresses(_ nodes: [DoctorNode]) -> Set<Address> {
        var found = Set<Address>()
        for node in nodes {
            for member in node.members where member.id == node.id {
                found.insert(completed(member.address, toldBy: nil))
            }
        }
        if let wanted = settings.advertise,
            let address = Address(bytes: wanted.address.bytes, port: wanted.port ?? settings.port)
        {
            found.insert(completed(address, toldBy: nil))
        }
        return found
    }
}
