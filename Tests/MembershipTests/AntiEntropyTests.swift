import Basics
import Membership
import Testing
import Wire

@Suite("Two views are made equal")
struct AntiEntropyTests {
    static func node(_ number: UInt8, knowing others: some Sequence<UInt8>) -> Membership {
        var settings = MembershipSettings()
        settings.beaconInterval = nil
        // Time may pass here without ticks: that is no sleep.
        settings.probeTimeout = .seconds(10)
        let now = Instant(nanoseconds: 1_000_000_000)
        var membership = Membership(
            identity: Stage.identity(number), attributes: Attributes(address: Stage.address(number)),
            settings: settings, seed: UInt64(number), now: now)
        let records = others.filter { $0 != number }.map { Stage.record($0) }
        let view = Message(
            kind: .sync, sender: Stage.identity(records.isEmpty ? number : 250), records: records)
        _ = membership.requested(view, now: now)
        return membership
    }

    /// Answers the requests of one with the other, until there are none; says which kinds went.
    static func exchange(
        _ actions: [MembershipAction], from asker: inout Membership, with other: inout Membership,
        now: Instant
    ) -> [(kind: Message.Kind, records: Int)] {
        var said: [(kind: Message.Kind, records: Int)] = []
        var waiting = actions
        while !waiting.isEmpty {
            guard case .request(let id, let message, let address, _) = waiting.removeFirst(),
                address == other.attributes.address
            else { continue }
            said.append((message.kind, message.records.count))
            guard let reply = other.requested(message, now: now).reply else {
                waiting += asker.requestEnded(id, .broken, now: now)
                continue
            }
            said.append((reply.kind, reply.records.count))
            waiting += asker.requestEnded(id, .replied(reply), now: now)
        }
        return said
    }

    /// Lets everybody answer every ping until all news has been told.
    static func calm(_ one: inout Membership, _ two: inout Membership, now: inout Instant) {
        for _ in 0..<40_000 where one.pendingWork.news + two.pendingWork.news > 0 {
            now = max(now, min(one.nextDeadline, two.nextDeadline))
            tick(&one, now: now)
            tick(&two, now: now)
        }
    }

    private static func tick(_ membership: inout Membership, now: Instant) {
        var waiting = membership.tick(now: now)
        while !waiting.isEmpty {
            guard case .send(let payload, let address, _) = waiting.removeFirst(),
                let ping = try? Message.decode(payload[...]), ping.kind == .ping,
                let number = address.bytes.last
            else { continue }
            let ack = Message(kind: .ack, sequence: ping.sequence)
            waiting += membership.received(ack, from: Stage.identity(number), at: address, now: now)
        }
    }

    /// Two probes that show another digest make the first ask the second.
    static func mismatch(_ one: inout Membership, _ other: Membership, now: Instant) -> [MembershipAction] {
        var actions: [MembershipAction] = []
        for sequence in 1...2 {
            let ping = Message(kind: .ping, sequence: UInt32(sequence), digest: other.digest)
            actions += one.received(
                ping, from: other.me, at: other.attributes.address,
                now: now + .milliseconds(300 * Int64(sequence)))
        }
        return actions
    }

    /// Whether pings of these, one each 300 ms, make a node whose view is of another ask.
    private static func asks(_ pings: [(from: UInt8, isEqual: Bool)], news: Bool = false) -> Bool {
        var one = node(1, knowing: 1...20)
        var two = node(2, knowing: 1...20)
        var now = Instant(nanoseconds: 1_000_000_000)
        calm(&one, &two, now: &now)
        var actions: [MembershipAction] = []
        for (index, ping) in pings.enumerated() {
            now = now + .milliseconds(300)
            if news, index == 1 { _ = one.describe(now: now) { $0.address = Stage.address(99) } }
            let question = Message(
                kind: .ping, sequence: UInt32(index + 1), digest: ping.isEqual ? one.digest : one.digest ^ 1)
            actions += one.received(
                question, from: Stage.identity(ping.from), at: Stage.address(ping.from), now: now)
        }
        return actions.contains {
            if case .request(_, let message, _, _) = $0 { message.kind == .sync } else { false }
        }
    }

    @Test("digests that differ in a row count whoever sent them: in a large cluster each has its turn seldom")
    func whomever() {
        #expect(Self.asks([(3, false), (4, false)]))
        #expect(!Self.asks([(3, false)]))
        #expect(!Self.asks([(3, false), (4, true), (6, true), (5, false)]), "two others agree")
        #expect(!Self.asks([(3, false), (3, true), (5, false)]), "who differed agrees")
        #expect(
            Self.asks([(3, false), (4, true), (4, true), (5, false)]), "whoever is asked often drowns nobody")
        #expect(!Self.asks([(3, false), (4, false)], news: true), "what is on its way makes them equal")
    }

    @Test("large ones by the parts that differ, in both directions")
    func parts() {
        var one = Self.node(1, knowing: 1...200)
        var two = Self.node(2, knowing: 1...200)
        var now = Instant(nanoseconds: 1_000_000_000)
        Self.calm(&one, &two, now: &now)
        let offer = { (records: [MemberRecord]) in
            Message(kind: .offer, sender: Stage.identity(9), records: records)
        }
        _ = one.requested(offer([Stage.record(201)]), now: now)
        _ = two.requested(offer([Stage.record(202), Stage.record(7, version: 3)]), now: now)
        #expect(one.digest != two.digest)
        Self.calm(&one, &two, now: &now)
        let said = Self.exchange(Self.mismatch(&one, two, now: now), from: &one, with: &two, now: now)
        #expect(said.map(\.kind) == [.compare, .difference, .offer, .accepted])
        #expect(one.digest == two.digest)
        #expect(one.view["n202"] != nil && two.view["n201"] != nil)
        #expect(one.view["n7"]?.attributes.version == 3)
        let records = said.reduce(0) { $0 + $1.records }
        #expect(records < 40, "of 200, those in at most three parts of 64, twice")
    }

    @Test("small ones whole, and digests of another number are no question")
    func whole() {
        var one = Self.node(1, knowing: 1...5)
        var two = Self.node(2, knowing: 1...6)
        var now = Instant(nanoseconds: 1_000_000_000)
        Self.calm(&one, &two, now: &now)
        let said = Self.exchange(Self.mismatch(&one, two, now: now), from: &one, with: &two, now: now)
        #expect(said.map(\.kind) == [.sync, .syncReply])
        #expect(one.view["n6"] != nil)
        let broken = Message(kind: .compare, sender: Stage.identity(1), parts: [1, 2])
        #expect(two.requested(broken, now: now).reply == nil)
    }

    @Test("of a view that fits no message whole parts are told, as many as are read")
    func largerThanAMessage() throws {
        var (one, now) = (
            AntiEntropyTests.node(1, knowing: [] as [UInt8]), Instant(nanoseconds: 1_000_000_000)
        )
        let crowd = (0..<17_000).map { number in
            MemberRecord(
                identity: Identity(id: "c\(number)", generation: 1, nonce: UInt64(number)), incarnation: 0,
                status: .alive, attributes: Attributes(address: Stage.address(3)))
        }
        for start in stride(from: 0, to: crowd.count, by: 5000) {
            let some = Array(crowd[start..<min(start + 5000, crowd.count)])
            _ = one.requested(Message(kind: .sync, sender: Stage.identity(250), records: some), now: now)
        }
        let parts = [UInt64](repeating: 1, count: Message.partCount)
        let question = Message(kind: .compare, sender: Stage.identity(250), parts: parts)
        now = now + .milliseconds(1)
        let reply = try #require(one.requested(question, now: now).reply)
        #expect(throws: Never.self) { try Message.decode(reply.encoded()[...]) }
        #expect(reply.records.count > Message.mostRecords - 1000)
        let part = { (id: String) in Fnv1a.hash(id) % UInt64(Message.partCount) }
        let told = Dictionary(grouping: reply.records, by: { part($0.identity.id) }).mapValues(\.count)
        let all = Dictionary(grouping: crowd.map(\.identity.id) + ["n1"], by: part).mapValues(\.count)
        #expect(told.allSatisfy { all[$0.key] == $0.value })
    }
}
