import Basics
import Engine
import Membership
import Wire

/// Connections: requests that are answered once, and links that stand until a process dies. What a kernel does
/// for a process that is stopped, dying or gone is played here.
struct Streams: Sendable {
    /// By number, and never walked.
    var requests: [Int: Request] = [:]
    var lastRequest = 0
    var links: [Link] = []

    struct Request: Sendable {
        var id: UInt64
        var from: Int
        var to: Address
        var asked: Instant
        var question: [UInt8]
        /// Who accepted the connection.
        var server: Int?
    }

    struct Link: Sendable {
        var dialer: Int
        var acceptor: Int?
        var dialerIdentity: Identity
        var acceptorIdentity: Identity
        var address: Address
        /// Which ends hold it open, and whether the dialer has heard that it stands.
        var dialerHolds = false
        var acceptorHolds = false
        var dialerKnows = false
    }
}

extension World {
    // MARK: requests

    mutating func openStream(
        _ id: UInt64, _ message: Message, from index: Int, to address: Address, timeout: Interval
    ) {
        streams.lastRequest += 1
        let stream = streams.lastRequest
        streams.requests[stream] = Streams.Request(
            id: id, from: index, to: address, asked: now, question: message.encoded())
        if trace.isOn { note("\(name(index)) => \(address.text)  \(message.summary) as request \(id)") }
        let there = World.host(of: address) ?? processes[index].host
        let arrives = network.connectDelay(from: processes[index].host, to: there)
        if arrives < timeout { queue.push(.connect(stream: stream), at: now + arrives) }
        // Whatever else happens first, this ends it; the outcome then depends on whether a connection stood.
        queue.push(.streamEnds(stream: stream, .unreachable), at: now + timeout)
    }

    mutating func connect(_ stream: Int) {
        guard let request = streams.requests[stream] else { return }
        let here = processes[request.from].host
        guard let there = World.host(of: request.to), !hostsDown.contains(there), !network.isCut(here, there)
        else { return }
        let back = network.delay()
        let key = World.key(request.to)
        guard let server = listeners[key], processes[server].exists, !network.isReset(from: here, to: there)
        else {
            // Right after a kill the kernel still accepts now and then.
            let died = formerListeners[key].flatMap { processes[$0].died }
            let isDying = died.map { now - $0 < .milliseconds(4) } == true
            let isAccepted = isDying && network.below(10) < 3
            queue.push(.streamEnds(stream: stream, isAccepted ? .broken : .refused), at: now + back)
            return
        }
        guard processes[server].cluster == processes[request.from].cluster || mutation == .openEnvelopes
        else {
            queue.push(.streamEnds(stream: stream, .broken), at: now + back)
            return
        }
        if processes[server].state == .paused {
            // Its kernel answers no further ones once so many wait.
            guard processes[server].connectionsWaiting < Process.connectionsMost else { return }
            processes[server].connectionsWaiting += 1
        }
        streams.requests[stream]?.server = server
        processes[request.from].traffic.sends(.stream(request.question), now)
        processes[server].traffic.receives(.stream(request.question), now)
        processes[server].openRequests.append(stream)
        deliver(.request(stream, request.question), to: server)
    }

    mutating func answer(_ stream: Int, _ reply: Message?) {
        guard let request = streams.requests[stream], let server = request.server else { return }
        processes[server].openRequests.removeAll { $0 == stream }
        let back = network.streamDelay(from: processes[server].host, to: processes[request.from].host)
        guard let reply else {
            queue.push(.streamEnds(stream: stream, .broken), at: now + back)
            return
        }
        do {
            let bytes = reply.encoded()
            processes[server].traffic.sends(.stream(bytes), now)
            processes[request.from].traffic.receives(.stream(bytes), now)
            let read = try Message.decode(bytes[...]) { bytes throws(WireError) in
                try knownRecords.read(bytes)
            }
            guard let decoded = read else {
                fail(.wire, "a reply of a kind that nobody knows")
                return
            }
            if decoded != reply { fail(.wire, "a reply changes on the wire") }
            queue.push(.streamEnds(stream: stream, .replied(decoded)), at: now + back)
        } catch {
            fail(.wire, "a reply does not decode: \(error)")
        }
    }

    mutating func endStream(_ stream: Int, _ outcome: RequestOutcome) {
        guard let request = streams.requests[stream] else { return }
        var outcome = outcome
        if let server = request.server {
            switch outcome {
            case .replied, .broken:
                // A reply on its way cannot pass a cut; the requester waits in vain.
                guard !network.isCut(processes[request.from].host, processes[server].host) else { return }
            default:
                outcome = hostsDown.contains(processes[server].host) ? .unreachable : .kernelOnly
            }
        }
        if mutation == .endlessRequests, case .unreachable = outcome { return }
        streams.requests[stream] = nil
        if let server = request.server { processes[server].openRequests.removeAll { $0 == stream } }
        outcome = tampered(outcome, of: request)
        deliver(.ended(request: request.id, outcome, asked: request.asked), to: request.from)
    }

    /// The host that an address belongs to.
    static func host(of address: Address) -> Int? {
        guard address.bytes.count == 4, address.bytes[0] == 10 else { return nil }
        return Int(address.bytes[1]) << 16 | Int(address.bytes[2]) << 8 | Int(address.bytes[3])
    }

    /// The address as a number.
    static func key(_ address: Address) -> Int { (host(of: address) ?? -1) << 16 | Int(address.port) }

    /// The kernel closes what a dead process had open: its requesters see a broken connection.
    mutating func breakRequests(to server: Int) {
        for stream in processes[server].openRequests {
            queue.push(.streamEnds(stream: stream, .broken), at: now + network.delay())
        }
        processes[server].openRequests = []
    }

    // MARK: links

    mutating func openLink(from index: Int, to peer: Identity, at address: Address) {
        let link = streams.links.count
        streams.links.append(
            Streams.Link(
                dialer: index, dialerIdentity: processes[index].identity, acceptorIdentity: peer,
                address: address))
        let there = World.host(of: address) ?? processes[index].host
        let arrives = network.connectDelay(from: processes[index].host, to: there)
        queue.push(.dial(link: link), at: now + arrives)
    }

    mutating func dial(_ index: Int) {
        let link = streams.links[index]
        let here = processes[link.dialer].host
        guard let there = World.host(of: link.address), !hostsDown.contains(there),
            !network.isCut(here, there)
        else {
            queue.push(.linkFails(process: link.dialer, link.acceptorIdentity), at: now + .seconds(2))
            return
        }
        let back = network.delay()
        let key = World.key(link.address)
        guard let acceptor = listeners[key], processes[acceptor].identity == link.acceptorIdentity,
            processes[acceptor].isRunning, processes[link.dialer].exists,
            !network.isReset(from: here, to: there)
        else {
            let isStopped = listeners[key].map { processes[$0].state == .paused } ?? false
            let takes = isStopped ? Interval.seconds(2) : back
            queue.push(.linkFails(process: link.dialer, link.acceptorIdentity), at: now + takes)
            return
        }
        streams.links[index].acceptor = acceptor
        streams.links[index].acceptorHolds = true
        streams.links[index].dialerHolds = true
        processes[acceptor].openLinks.append(index)
        processes[link.dialer].openLinks.append(index)
        deliver(.linkOpened(link.dialerIdentity), to: acceptor)
        queue.push(.linkStands(link: index), at: now + back)
    }

    mutating func linkStands(_ index: Int) {
        let link = streams.links[index]
        guard link.dialerHolds else { return }
        streams.links[index].dialerKnows = true
        deliver(.linkOpened(link.acceptorIdentity), to: link.dialer)
    }

    /// A process closes its ends of all links to a peer. It is not told of what it did itself.
    mutating func closeLinks(of index: Int, to peer: Identity) {
        for number in processes[index].openLinks {
            let link = streams.links[number]
            let other = link.dialer == index ? link.acceptorIdentity : link.dialerIdentity
            if other == peer { release(number, by: index) }
        }
        let kept = processes[index].openLinks.filter { holds($0, index) }
        processes[index].openLinks = kept
    }

    private func holds(_ number: Int, _ index: Int) -> Bool {
        let link = streams.links[number]
        return link.dialer == index ? link.dialerHolds : link.acceptorHolds
    }

    private mutating func release(_ number: Int, by index: Int) {
        let link = streams.links[number]
        guard let acceptor = link.acceptor else { return }
        if link.dialer == index {
            streams.links[number].dialerHolds = false
        } else {
            streams.links[number].acceptorHolds = false
        }
        let other = link.dialer == index ? acceptor : link.dialer
        let takes = network.streamDelay(from: processes[index].host, to: processes[other].host)
        queue.push(.linkEnds(link: number, at: other, tries: 0), at: now + takes)
    }

    /// The kernel closes the links of a process that has died.
    mutating func closeAllLinks(of index: Int) {
        for number in processes[index].openLinks { release(number, by: index) }
        processes[index].openLinks = []
    }

    /// Something between two hosts resets the connections between them; both ends see them closed.
    mutating func resetLinks(of index: Int, to hosts: Set<Int>) {
        for number in processes[index].openLinks {
            let link = streams.links[number]
            guard let acceptor = link.acceptor else { continue }
            let other = link.dialer == index ? acceptor : link.dialer
            guard hosts.contains(processes[other].host) else { continue }
            for end in [index, other] {
                queue.push(.linkEnds(link: number, at: end, tries: 0), at: now + network.delay())
            }
        }
    }

    /// A host that fell silent closes nothing; the others' kernels give up after a while.
    mutating func loseAllLinks(of index: Int) {
        for number in processes[index].openLinks {
            let link = streams.links[number]
            guard let acceptor = link.acceptor else { continue }
            let other = link.dialer == index ? acceptor : link.dialer
            queue.push(.linkEnds(link: number, at: other, tries: .max), at: now + .seconds(20))
        }
        processes[index].openLinks = []
    }

    mutating func linkEnds(_ number: Int, at index: Int, tries: Int) {
        guard holds(number, index) else { return }
        let link = streams.links[number]
        let (here, there) = (processes[link.dialer].host, processes[link.acceptor ?? link.dialer].host)
        if tries < 40, network.isCut(here, there) {
            // The kernel keeps sending the end of the stream until it gets through.
            queue.push(.linkEnds(link: number, at: index, tries: tries + 1), at: now + .milliseconds(500))
            return
        }
        if link.dialer == index {
            streams.links[number].dialerHolds = false
        } else {
            streams.links[number].acceptorHolds = false
        }
        processes[index].openLinks.removeAll { $0 == number }
        if link.dialer != index {
            deliver(.linkClosed(link.dialerIdentity), to: index)
        } else {
            deliver(
                link.dialerKnows ? .linkClosed(link.acceptorIdentity) : .linkFailed(link.acceptorIdentity),
                to: index)
        }
    }
}
