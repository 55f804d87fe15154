import Basics
import Glibc
import Options
import Sealing
import Transport
import Wire

/// What multicast does on this machine, tried as nodes use it: a group is joined on each interface, beacons are sent
/// to it, and whoever hears one asks its sender for its view.
struct DoctorMulticast: Sendable {
    struct Way: Sendable {
        let interface: String
        /// Why the group could not be joined; empty where it was.
        var refusal = ""
        /// Whether what is sent to the group here is heard here.
        var hearsItself = false
        /// Members whose beacons were heard here, with the address that leads to them.
        var heard: [String: Address] = [:]
        /// Who speaks to this very cluster and cannot be understood.
        var misfits: [String: DoctorRefusal] = [:]
    }

    /// Why it was not tried; nil where it was.
    var obstacle: DoctorFinding?
    /// To which those come over TCP who have heard the doctor.
    var port: UInt16 = 0
    var ways: [Way] = []
    /// Those who heard the doctor and came to ask.
    var visitors: [Identity: DoctorDoor.Visitor] = [:]
    /// Whether another machine has answered.
    private(set) var hasGoneFar = false

    var members: Set<String> { Set(ways.flatMap(\.heard.keys)).union(visitors.keys.map(\.id)) }

    /// Shuts the door at the end.
    static func listen(
        _ settings: Settings, _ pass: DoctorPass, _ door: DoctorDoor, until deadline: Int64
    ) -> DoctorMulticast {
        defer { door.shut() }
        var found = DoctorMulticast()
        found.port = door.port
        guard let group = Address(bytes: settings.multicastGroup.bytes, port: settings.multicastPort) else {
            return found
        }
        // As `Multicast` of the node has it.
        guard group.bytes.count == 4 || !pass.bound.isLoopback else {
            found.obstacle = DoctorFinding.note(
                "multicast", "", "loopback cannot multicast with IPv6: a node goes on without",
                remedy: "give 'seeds' and multicast=false, or bind to 127.0.0.1")
            return found
        }
        guard door.code == 0 else {
            found.obstacle = shut(door.code)
            return found
        }
        var ears: [DoctorEar] = []
        for interface in Interface.all() where isWanted(interface, settings, pass.bound) {
            let ear = DoctorEar(interface, group, hops: settings.multicastTtl, bound: pass.bound)
            found.ways.append(Way(interface: interface.name, refusal: ear.refusal))
            ears.append(ear)
        }
        found.converse(ears, door, pass, until: min(deadline, Poll.now + patience(settings)))
        return found
    }

    private static func shut(_ code: Int32) -> DoctorFinding {
        let remedy: String =
            switch code {
            case EADDRNOTAVAIL: "'bind' must be an address of this machine ('ip address' lists them)"
            case EMFILE, ENFILE: "look at the limits of this user ('ulimit -n')"
            default: "look at 'bind' and 'port'"
            }
        return .trouble("multicast", "", "no socket: \(DoctorSocket.reason(code))", remedy: remedy)
    }

    /// As `Multicast` of the node chooses.
    private static func isWanted(_ interface: Interface, _ settings: Settings, _ bound: Address) -> Bool {
        guard interface.isUp, interface.hasFamily(of: bound) else { return false }
        if let only = settings.multicastInterface {
            return interface.name == only || interface.addresses.contains { $0.host == only }
        }
        if bound.isLoopback { return interface.isLoopback }
        return interface.canMulticast || (interface.isLoopback && bound.bytes.count == 4)
    }

    /// Until each member has sent a beacon by itself, where none has come to ask.
    private static func patience(_ settings: Settings) -> Int64 {
        min(settings.multicastIntervalNanoseconds / 1_000_000 * 11 / 10 + 200, 5700)
    }

    /// Time for others to answer after the first has.
    private static let rest: Int64 = 1000

    private mutating func converse(
        _ ears: [DoctorEar], _ door: DoctorDoor, _ pass: DoctorPass, until deadline: Int64
    ) {
        guard var seal = DatagramSeal(cluster: pass.cluster, identity: pass.me, keys: pass.keys) else {
            return
        }
        let beacon = Message(kind: .beacon, port: door.port).encoded()
        var next = Poll.now
        var pause: Int64 = 200
        var end = deadline
        while Poll.now < end {
            if Poll.now >= next {
                for ear in ears where ear.refusal.isEmpty {
                    if let datagram = try? seal.seal(beacon) { ear.send(datagram) }
                }
                next = Poll.now + pause
                pause = min(pause * 2, 1600)
            }
            let places = ears.map { Poll.Place($0.hearing) } + [Poll.Place(door.descriptor)]
            let ready = Poll.wait(places, ms: Poll.left(until: min(next, end)))
            for index in ears.indices where ready[index] { take(from: ears[index], index, &seal, pass) }
            if ready[ears.count], let visitor = door.open(pass, until: min(Poll.now + 500, end)) {
                visitors[visitor.identity] = visitor
                if isFar(visitor.from, pass) { hasGoneFar = true }
            }
            if hasGoneFar { end = min(end, Poll.now + Self.rest) }
        }
    }

    /// Nodes of this machine hear each other whatever the network does. Those of loopback are all there is of theirs.
    private func isFar(_ address: Address, _ pass: DoctorPass) -> Bool {
        pass.bound.isLoopback || !pass.isHere(address)
    }

    private mutating func take(
        from ear: DoctorEar, _ index: Int, _ seal: inout DatagramSeal, _ pass: DoctorPass
    ) {
        while let (bytes, from) = DoctorSocket.receive(ear.hearing) {
            do throws(DatagramError) {
                let opened = try seal.open(bytes)
                guard opened.sender != pass.me else {
                    ways[index].hearsItself = true
                    continue
                }
                guard let message = try? Message.decode(opened.payload[...]), message.kind == .beacon else {
                    continue
                }
                // Another doctor is no member.
                if !opened.sender.id.hasPrefix("doctor-") || opened.sender.generation != 1 {
                    ways[index].heard[opened.sender.id] = from.with(port: message.port)
                    if isFar(from, pass) { hasGoneFar = true }
                }
            } catch {
                switch error {
                case .forged: ways[index].misfits[from.host] = .otherKey
                case .plainWhereSealedExpected: ways[index].misfits[from.host] = .hasNoKey
                case .sealedWhereNoKey: ways[index].misfits[from.host] = .wantsKey
                case .badVersion: ways[index].misfits[from.host] = .otherVersion
                // Others may have clusters of their own.
                default: break
                }
            }
        }
    }
}
