import Basics
import NIOCore
import Threads
import Transport

/// The interfaces of this host, which come and go: beacons follow them, and so does the address that others are told.
extension Runtime {
    /// Looks again and again. Nothing comes and goes for a node that is bound to loopback.
    func watchInterfaces() {
        guard !isShut, !bound.isLoopback else { return }
        SharedLoop.loop.scheduleTask(in: .seconds(5)) { [weak self] in
            guard let self, !self.isShut else { return }
            // The system's list may be long in coming where there are many.
            let worker = WorkerThread.start("muster-nics") { [weak self] in
                let interfaces = Interface.all()
                SharedLoop.loop.execute { [weak self] in
                    self?.see(interfaces)
                    self?.watchInterfaces()
                }
            }
            worker?.detach()
            if worker == nil { self.watchInterfaces() }
        }
    }

    func see(_ interfaces: [Interface]) {
        guard !isShut else { return }
        if let multicast, multicast.use(interfaces) || !hasSeenInterfaces {
            let names = multicast.names.joined(separator: ", ")
            log.write(
                names.isEmpty ? .warning : .info,
                names.isEmpty ? "no interface for multicast is there" : "multicast on \(names)")
        }
        hasSeenInterfaces = true
        scopes.fallback =
            bound.scope != 0 ? bound.scope : Surroundings.link(interfaces, settings.multicastInterface)
        let former = engine.membership.attributes.address
        let address = advertised(among: interfaces, former: former)
        guard address != former else { return }
        step { $0.describe(address: address, now: $1) }
        log.write(.info, "others are told the address \(address.text)")
    }

    /// What others are told: the option, or the bound address; bound to all, one that others can reach.
    private func advertised(among interfaces: [Interface], former: Address) -> Address {
        if let wanted = settings.advertise,
            let address = Address(bytes: wanted.address.bytes, port: wanted.port ?? bound.port)
        {
            return address
        }
        guard bound.isUnspecified else { return bound.with(scope: 0) }
        let best = Surroundings.best(among: interfaces, like: bound, former: former)
        // An interface that is away for a moment mostly comes back; loopback would lead nobody here meanwhile.
        if best?.isLoopback ?? true, !former.isLoopback, !former.isUnspecified { return former }
        return best?.with(port: bound.port) ?? Address.loopback(port: bound.port)
    }
}

/// What the interfaces of a host say about how others reach it.
enum Surroundings {
    /// The address that leads farthest, without its interface. The former one stays where none leads farther.
    static func best(among interfaces: [Interface], like bound: Address, former: Address) -> Address? {
        let candidates = interfaces.filter(\.isUp).flatMap(\.addresses)
            .filter { $0.bytes.count == bound.bytes.count && !$0.isUnspecified }
        guard let farthest = candidates.map(reach).max() else { return nil }
        let equals = candidates.filter { reach($0) == farthest }
        return (equals.first { $0.bytes == former.bytes } ?? equals.first)?.with(scope: 0)
    }

    /// 0 within this host, 1 on one link (RFC 3927, RFC 4291), 2 beyond.
    private static func reach(_ address: Address) -> Int {
        if address.isLoopback { return 0 }
        let isLinkLocal = address.isLinkLocal || address.bytes.starts(with: [169, 254])
        return isLinkLocal && address.bytes.count == (address.isLinkLocal ? 16 : 4) ? 1 : 2
    }

    /// The interface that link-local addresses are looked for on: the one for beacons, or the first that has one
    /// itself; 0 where there is none.
    static func link(_ interfaces: [Interface], _ wanted: String?) -> UInt32 {
        let links = interfaces.filter { $0.isUp && $0.addresses.contains(where: \.isLinkLocal) }
        let link = links.first { $0.name == wanted } ?? links.first
        return link?.index ?? 0
    }
}
