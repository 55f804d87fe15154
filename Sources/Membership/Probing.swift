package import Basics
package import Wire

/// Asking members whether they are there: one each interval, in an order shuffled anew each round, so that none
/// waits longer than two rounds (SWIM, section 4.3).
struct Probing: Sendable {
    var next = Instant.distantFuture
    var nextWatch = Instant.distantFuture
    /// Members that are probed more often, because much hangs on them.
    var watched: [String] = []
    /// Who is still to be asked in this round, by where the points on the ring start: a quarter of the size of a text, for
    /// each member of each node has one.
    var round: [UInt32] = []
    var open: [Probe] = []
    var relays: [Relay] = []

    struct Probe: Sendable {
        var sequence: UInt32
        var target: Identity
        var sent: Instant
        /// When others are asked, or (once they have been) when the verdict falls.
        var deadline: Instant
        /// The pings after the first. A lost datagram is no evidence, and one more costs next to nothing.
        var repeats: [(sequence: UInt32, sent: Instant)] = []
        var nextRepeat = Instant.distantFuture
        var hasAskedOthers = false
        /// How many were asked, and how many of them said that they got no answer either.
        var helpers = 0
        var nacks = 0
        /// How the stream to the target ended, if one was tried.
        var stream: Message.Finding = .nothing
        /// When the first challenge is joined by another, and when both end: a kernel whose first packet is lost tries
        /// again after a second, which is too late here.
        var challengesAgain = Instant.distantFuture
        var challengesEnd = Instant.distantFuture

        /// When the ping of this sequence left, if it is one of this probe's.
        func sending(of sequence: UInt32) -> Instant? {
            if sequence == self.sequence { return sent }
            return repeats.first { $0.sequence == sequence }?.sent
        }
    }

    /// A ping sent for another member.
    struct Relay: Sendable {
        var sequence: UInt32
        var requesterSequence: UInt32
        var requester: String
        var address: Address
        var target: Identity
        /// When the requester is told that there is no answer; the answer may still come after that.
        var nackAt: Instant
        var expires: Instant
    }

    var nextDeadline: Instant {
        var deadline = min(next, nextWatch)
        for index in open.indices {
            deadline = min(deadline, min(open[index].deadline, open[index].nextRepeat))
        }
        for index in relays.indices { deadline = min(deadline, relays[index].nackAt) }
        return deadline
    }

    /// Nothing is asked any more about who is gone: the patience of a starved node would outlast it by far.
    mutating func end(_ target: Identity) { open.removeAll { $0.target == target } }

    /// Drops all that is under way without a verdict.
    mutating func forget() {
        open = []
        relays = []
    }
}

extension Membership {
    /// Names the members that this node watches closely. `Failover` says which: the primary of a role, for the
    /// next in its line.
    package mutating func watch(_ ids: [String], now: Instant) {
        guard ids != probing.watched else { return }
        probing.watched = ids
        probing.nextWatch = ids.isEmpty ? .distantFuture : now
    }

    mutating func tickProbing(now: Instant) {
        judgeProbes(now: now)
        repeatProbes(now: now)
        tellNoAnswer(now: now)
        if now >= probing.next {
            probing.next = now + generator.jittered(settings.probeInterval)
            probing.relays.removeAll { $0.expires <= now }
            if wake.pendingSince != nil { askAround(now: now) }
            if let target = nextTarget() { probe(target, now: now) }
        }
        guard now >= probing.nextWatch else { return }
        probing.nextWatch = now + settings.watchInterval
        for id in probing.watched {
            guard let member = view[id], member.isPresent else { continue }
            // One open probe says enough; a silent target is not asked twice at a time.
            guard !probing.open.contains(where: { $0.target == member.identity && $0.hasAskedOthers }) else {
                continue
            }
            probe(member, now: now)
        }
    }

    /// Who comes has a place in the round that is under way, at random as all others.
    mutating func joinRound(_ member: Member) {
        probing.round.insert(member.pointStart, at: generator.below(probing.round.count + 1))
    }

    private mutating func nextTarget() -> Member? {
        for _ in 0..<2 {
            while let start = probing.round.popLast() {
                let there = view.present(at: start)
                // Two at one place, which no two are by chance, take turns by chance.
                let place = there.count > 1 ? generator.below(there.count) : 0
                if place < there.count { return there[place] }
            }
            probing.round = view.presentStarts
            probing.round.shuffle(using: &generator)
        }
        return nil
    }

    /// Sends one ping. How long the direct answer may take follows from how long it took so far.
    @discardableResult
    mutating func probe(_ member: Member, now: Instant) -> UInt32 {
        let sequence = nextSequence()
        tally.probes += 1
        probing.open.append(
            Probing.Probe(
                sequence: sequence, target: member.identity, sent: now,
                deadline: now
                    + health.scaled(member.roundTrip.timeout(configured: settings.probeTimeout)))
        )
        send(Message(kind: .ping, sequence: sequence, digest: digest), to: member, now: now)
        return sequence
    }

    /// Asks a member that nothing is proven of yet; its answer shows which of its datagrams are new.
    mutating func prove(_ member: Member, now: Instant) {
        guard member.isPresent, !probing.open.contains(where: { $0.target == member.identity }) else {
            return
        }
        probe(member, now: now)
    }

    private mutating func judgeProbes(now: Instant) {
        // Verdicts change the view but never the list of probes, save by removing; work on a copy of the due ones.
        let due = probing.open.filter { $0.deadline <= now }
        guard !due.isEmpty else { return }
        for probe in due {
            guard let member = view[identity: probe.target], member.isPresent else {
                probing.open.removeAll { $0.sequence == probe.sequence }
                continue
            }
            if member.silentSince == nil {
                view.touch(member.id) { $0.silentSince = probe.sent }
                if member.status == .unresponsive { view.noteChange(of: member) }
            }
            if probe.hasAskedOthers {
                probing.open.removeAll { $0.sequence == probe.sequence }
                // Helpers that say nothing at all show that it is this node which is hard to reach.
                if probe.nacks < probe.helpers { health.worsenedBySilence() }
                judge(member, by: probe.stream, now: now)
            } else if probing.open.contains(where: { $0.target == probe.target && $0.hasAskedOthers }) {
                // Another probe of the same member is further on and will give the verdict.
                probing.open.removeAll { $0.sequence == probe.sequence }
            } else {
                askOthers(about: member, for: probe, now: now)
            }
        }
    }

    /// Asks again those that have not answered, until the verdict falls.
    private mutating func repeatProbes(now: Instant) {
        for index in probing.open.indices where probing.open[index].nextRepeat <= now {
            probing.open[index].nextRepeat = now + health.scaled(settings.probeInterval / 5)
            guard let member = view[identity: probing.open[index].target] else { continue }
            let sequence = nextSequence()
            probing.open[index].repeats.append((sequence, now))
            send(Message(kind: .ping, sequence: sequence, digest: digest), to: member, now: now)
            guard probing.open[index].challengesAgain <= now else { continue }
            probing.open[index].challengesAgain = .distantFuture
            let patience = probing.open[index].challengesEnd - now
            guard patience > .zero else { continue }
            request(
                .probe(probing.open[index].sequence), challenge(), to: member.address, timeout: patience)
        }
    }

    private mutating func askOthers(about member: Member, for probe: Probing.Probe, now: Instant) {
        // The verdict falls an interval after the ping, so that others have the longer the earlier they are asked.
        let soonest = now + health.scaled(settings.probeTimeout)
        let deadline = max(probe.sent + health.scaled(settings.probeInterval), soonest)
        let patience = deadline - now
        guard let index = probing.open.firstIndex(where: { $0.sequence == probe.sequence }) else { return }
        let helpers = view.sample(settings.indirectProbes, using: &generator) {
            $0.id == member.id || !$0.isReachable
        }
        probing.open[index].hasAskedOthers = true
        probing.open[index].deadline = deadline
        probing.open[index].nextRepeat = now
        probing.open[index].helpers = helpers.count
        probing.open[index].challengesAgain = now + patience / 3
        probing.open[index].challengesEnd = now + (patience - patience / 5)
        for helper in helpers {
            send(
                Message(kind: .pingRequest, sequence: probe.sequence, target: member.identity), to: helper,
                now: now)
        }
        request(
            .probe(probe.sequence), challenge(), to: member.address,
            timeout: patience - patience / 5)
    }

    func challenge(about target: Identity? = nil) -> Message {
        Message(kind: .challenge, sender: me, target: target)
    }

    mutating func streamProbeEnded(_ sequence: UInt32, _ outcome: RequestOutcome, now: Instant) {
        guard let index = probing.open.firstIndex(where: { $0.sequence == sequence }) else { return }
        let target = probing.open[index].target
        let finding = finding(outcome, about: target)
        if probing.open[index].stream != .kernelOnly { probing.open[index].stream = finding }
        switch finding {
        case .answered:
            heard(from: target.id, now: now)
            probing.open.removeAll { $0.target == target }
        case .refused:
            probing.open.removeAll { $0.sequence == sequence }
            openInquest(about: target, isRefused: true, now: now)
        case .kernelOnly:
            // Nobody waits for the verdict who may declare it dead meanwhile.
            guard let member = view[identity: target], member.status == .suspect else { break }
            probing.open.removeAll { $0.sequence == sequence }
            judge(member, by: .kernelOnly, now: now)
        default:
            break
        }
    }

    /// What the end of a stream says about the member it was opened to.
    func finding(_ outcome: RequestOutcome, about subject: Identity) -> Message.Finding {
        switch outcome {
        case .replied(let message):
            guard let sender = message.sender else { return .silence }
            // The very process, perhaps under a generation that it has raised since.
            if sender.id == subject.id, sender.nonce == subject.nonce { return .answered }
            // Another start of the same id sits at this address: the one asked for is gone. A stranger on a
            // reused port proves nothing.
            return sender.id == subject.id ? .refused : .silence
        case .refused: return .refused
        case .kernelOnly: return .kernelOnly
        case .broken, .unreachable: return .silence
        }
    }

    // MARK: answering

    /// The bare answer to an instance that is not known yet. It goes where the question came from, which may be
    /// forged: never more bytes than came, the ids in the two envelopes counted. `length` is that of the payload as it
    /// came, which may be written in fewer bytes than this node would write it in.
    mutating func acknowledge(_ ping: Message, of length: Int, from stranger: Identity, at address: Address) {
        let payload = Message(kind: .ack, sequence: ping.sequence).encoded()
        guard payload.count + me.id.utf8.count <= length + stranger.id.utf8.count else { return }
        actions.append(.send(payload: payload, to: address, recipient: stranger.id))
    }

    mutating func reply(to message: Message, from sender: Identity, at address: Address, now: Instant) {
        // Where both views are the same the asker has nothing to learn. A farewell has no digest, and is answered with one:
        // without, it would not count as taken in.
        let said = message.digest == 0 ? max(digest, 1) : message.digest == digest ? 0 : digest
        let answer = Message(kind: .ack, sequence: message.sequence, digest: said)
        send(answer, to: sender.id, at: address, now: now)
        compareDigest(message.digest, with: sender.id, now: now)
    }

    mutating func relay(_ message: Message, from sender: Identity, at address: Address, now: Instant) {
        guard let target = message.target, probing.relays.count < 64 else { return }
        let sequence = nextSequence()
        var relay = Probing.Relay(
            sequence: sequence, requesterSequence: message.sequence, requester: sender.id, address: address,
            target: target, nackAt: now + settings.probeTimeout, expires: now + .seconds(2))
        if let member = view[identity: target], member.isPresent {
            send(Message(kind: .ping, sequence: sequence, digest: digest), to: member, now: now)
        } else {
            relay.nackAt = now
        }
        probing.relays.append(relay)
        tellNoAnswer(now: now)
    }

    /// Says "no answer here either" to those who asked for a probe, which shows them that the way to this node works.
    private mutating func tellNoAnswer(now: Instant) {
        for index in probing.relays.indices where probing.relays[index].nackAt <= now {
            let relay = probing.relays[index]
            probing.relays[index].nackAt = .distantFuture
            let nack = Message(kind: .nack, sequence: relay.requesterSequence, target: relay.target)
            send(nack, to: relay.requester, at: relay.address, now: now)
        }
    }

    mutating func helperGotNoAnswer(_ message: Message) {
        guard let index = probing.open.firstIndex(where: { $0.sequence == message.sequence }),
            probing.open[index].nacks < probing.open[index].helpers
        else { return }
        probing.open[index].nacks += 1
    }

    /// Whether the message answers a probe of this very sender that is open.
    package func isAnswered(by message: Message, from sender: Identity) -> Bool {
        guard message.kind == .ack, message.target == nil else { return false }
        return probing.open.contains { $0.target == sender && $0.sending(of: message.sequence) != nil }
            || probing.relays.contains { $0.target == sender && $0.sequence == message.sequence }
    }

    mutating func acknowledged(_ message: Message, from sender: Identity, now: Instant) {
        if let target = message.target {
            // Somebody else's answer, passed on.
            guard probing.open.contains(where: { $0.sequence == message.sequence && $0.target == target })
            else { return }
            heard(from: target.id, now: now)
            probing.open.removeAll { $0.target == target }
            health.improved()
            return
        }
        for probe in probing.open where probe.target == sender {
            guard let sent = probe.sending(of: message.sequence) else { continue }
            view.touch(sender.id) { $0.roundTrip.note(now - sent) }
            tally.roundTrips += 1
            tally.roundTripTime = tally.roundTripTime + (now - sent)
            subjectAnswered(sender, pingOf: sent, now: now)
            health.improved()
        }
        if let index = probing.relays.firstIndex(where: { $0.sequence == message.sequence }) {
            let relay = probing.relays.remove(at: index)
            let passedOn = Message(kind: .ack, sequence: relay.requesterSequence, target: sender)
            send(passedOn, to: relay.requester, at: relay.address, now: now)
        }
        probing.open.removeAll { $0.target == sender }
        // An answer without a digest is a stranger's, who has taken nothing of the farewell in.
        if message.digest != 0 { departureAcknowledged(message.sequence, by: sender.id) }
        if message.digest == 0 {
            agreed(with: sender.id)
        } else {
            compareDigest(message.digest, with: sender.id, now: now)
        }
    }

    /// The member's process ran a moment ago. That alone changes no status: it is told what is said about it and
    /// refutes that itself, so that everybody hears.
    mutating func heard(from identity: Identity, now: Instant) {
        guard view[identity: identity] != nil else { return }
        heard(from: identity.id, now: now)
    }

    mutating func heard(from id: String, now: Instant) {
        guard let member = view[id] else { return }
        // Whether a member is silent decides about its roles, so failover must look again.
        if member.silentSince != nil, member.status == .unresponsive { view.noteChange(of: member) }
        view.touch(id) {
            $0.heard = now
            $0.silentSince = nil
            $0.forgetSilence()
        }
        inquests.subjectHeard(id, patience: settings.inquestPatience, now: now)
    }
}
