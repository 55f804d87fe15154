import Basics
import Engine
import Failover
import Lease
import Membership
import Wire

/// How a mutation gets between the engines and the network.
extension World {
    /// A message that is about to be read by a process.
    func tampered(_ message: Message?, from sender: Identity?, at index: Int) -> Message? {
        guard let mutation, var message else { return message }
        if mutation == .falseWitnesses {
            if message.kind == .checked { message.finding = .refused }
            let membership = processes[index].engine.membership
            if message.kind == .ack, let sender, membership.isUnderInquest(sender) { return nil }
        }
        message.records = message.records.compactMap { tampered($0, by: mutation, at: index) }
        return message
    }

    private func tampered(_ record: MemberRecord, by mutation: Mutation, at index: Int) -> MemberRecord? {
        var record = record
        switch mutation {
        case .lostFarewells where record.status == .left: return nil
        case .noRefutation where record.status == .alive && record.incarnation > 0: return nil
        case .loudAccusers where record.status != .alive && record.status.isPresent:
            record.incarnation += 1
        case .staleProfiles where (record.attributes?.version ?? 0) > 1:
            record.attributes = nil
        case .blindSeats, .twins:
            record.attributes?.seats = []
        case .tokensForgotten, .allLookLeading, .blurredLine, .blindFollowers, .pausesForgotten, .wishesLost:
            tamperSeats(of: &record, by: mutation, at: index)
        default: break
        }
        return record
    }

    private func tamperSeats(of record: inout MemberRecord, by mutation: Mutation, at index: Int) {
        guard var attributes = record.attributes else { return }
        for place in attributes.seats.indices {
            switch mutation {
            case .tokensForgotten:
                attributes.seats[place].token = 0
                attributes.seats[place].highestToken = 0
            case .pausesForgotten: attributes.seats[place].pauses = 0
            case .wishesLost: attributes.seats[place].target = 0
            case .allLookLeading:
                attributes.seats[place].state = .primary
            case .blurredLine where index > 1:
                attributes.seats[place].number = 0
            case .blindFollowers where index > 1 && attributes.seats[place].state == .primary:
                attributes.seats[place].state = .standby
                attributes.seats[place].isUnready = true
            default: break
            }
        }
        record.attributes = attributes
    }

    /// How a request ended, on its way to who made it.
    func tampered(_ outcome: RequestOutcome, of request: Streams.Request) -> RequestOutcome {
        switch mutation {
        case .deafToKernels:
            if case .kernelOnly = outcome { return .unreachable }
            return outcome
        case .olderAlwaysLives:
            // Only where two starts of an id contend does a challenge name the one that wants the place.
            guard let older = formerListeners[World.key(request.to)],
                let question = try? Message.decode(request.question[...]), question.kind == .challenge,
                question.target?.id == processes[older].id
            else { return outcome }
            return .replied(Message(kind: .answer, sender: processes[older].identity))
        default: return outcome
        }
    }

    /// The records in an answer, where there is one.
    func tampered(_ outcome: RequestOutcome, at index: Int) -> RequestOutcome {
        guard mutation != nil, case .replied(let message) = outcome,
            let changed = tampered(message, from: nil, at: index)
        else { return outcome }
        return .replied(changed)
    }

    /// The time that a tick is told.
    func tampered(_ now: Instant) -> Instant {
        mutation == .lateClock ? now + Interval.milliseconds(-1) : now
    }

    /// What a host is told.
    func tampered(_ event: MemberEvent) -> [MemberEvent] {
        mutation == .lostEvents && (event.kind == .dead || event.kind == .left) ? [] : [event]
    }

    /// What the engines are told to keep to.
    var tamperedSettings: MembershipSettings {
        var settings = membershipSettings
        switch mutation {
        case .largeDatagrams: settings.datagramBudget *= 4
        case .hastyBurials: settings.silencesEnough = 1
        case .shortMemory: settings.tombstoneTime = .seconds(1)
        default: break
        }
        return settings
    }

    /// What the engines are told of the quorum.
    var tamperedFailoverSettings: FailoverSettings {
        var settings = failoverSettings
        if mutation == .lonelyLeaders { settings.quorum = 0 }
        return settings
    }

    /// What the store is said to show.
    func tampered(_ row: LeaseRow?) -> LeaseRow? {
        var row = row
        switch mutation {
        case .pausesForgotten: row?.paused = false
        case .deafToStore: return nil
        default: break
        }
        return row
    }

    /// What goes onto the wire.
    func tampered(_ payload: [UInt8]) -> [UInt8] {
        mutation == .cutRecords ? payload.dropLast() : payload
    }

    /// Whether a datagram is not sent, because it would find the lost again.
    func isHeldBack(from index: Int, recipient: String?) -> Bool {
        guard mutation == .noReconnect else { return false }
        let view = processes[index].engine.membership.view
        guard let recipient else { return view.presentCount > 0 }
        return view[recipient].map { !$0.isPresent } ?? false
    }

    /// A packet that comes once more, long after.
    mutating func replay(_ event: Event) {
        if mutation == .shortMemory { queue.push(event, at: now + .seconds(15)) }
    }
}
