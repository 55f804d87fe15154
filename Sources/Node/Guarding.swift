import Basics
import CGuardian
import CGuest
import Glibc
import NIOCore
import Options
import Sealing
import Transport
import Wire

/// The guardian of this node, as the node sees it: the helper process that gives the leases back when this process is
/// dead, and ends it when it stands still. `docs/guardian.md` has the whole.
///
/// On the event loop, but for `init`: that makes `@unchecked Sendable` true.
final class Guarding: @unchecked Sendable {
    /// What there is to tell the host.
    enum News: Sendable {
        case trouble(String)
        case spared(String)
        case well
    }

    private let settings: Settings
    private let id: String
    private let instance: UInt64
    private let path: String
    /// Where voters hold the lease: what proves to them that this process is dead, when its guardian shows it.
    private let secret: Nonce?
    /// What is published of the secret.
    let will: Nonce?
    /// How long this process may stand still while it leads.
    private var limit: Interval { Interval(nanoseconds: settings.failoverUnresponsiveAfterNanoseconds) }

    /// Shared with the guardian; nil while there is none.
    private var page: OpaquePointer?
    /// The writing end of a pipe, closed by this process's death; the guardian reads it.
    private(set) var proof: Int32 = -1
    private var roles = [String](repeating: "", count: Int(GUARDIAN_ROLES))
    /// The socket addresses of the voters, as far as they are there.
    private var voters: [[UInt8]] = []
    private var seenChanges = UInt64.max
    private var isLeading = false
    private var beats: RepeatedTask?
    /// How much of what the guardian says has been heard.
    private var heard: UInt32 = 0
    private var nextLook = Instant.distantPast
    /// When another guardian is started where this one has ended; nil while it lives.
    private var restartAt: Instant?
    private var pause = Guarding.shortestPause

    private static let shortestPause = Interval.seconds(1)
    private static let longestPause = Interval.seconds(60)

    /// Nil where none is asked for.
    init?(_ settings: Settings, identity: Identity) throws(Failure) {
        guard settings.failoverGuardian else { return nil }
        self.settings = settings
        id = identity.id
        instance = identity.nonce
        path = try GuardianProgram.find()
        secret = settings.voterList == nil ? nil : Will.secret()
        will = secret.map(Will.hash)
        let own = guardian_pidfd(getpid())
        guard own >= 0 else {
            throw Failure(.unsupported, "option 'failover.guardian' needs Linux 5.9 or later")
        }
        Glibc.close(own)
        guard getpid() != 1 else {
            throw Failure(
                .unsupported,
                "option 'failover.guardian': this process is the first of its container, with which all others end, the "
                    + "guardian too; run it under an init, as 'docker run --init' does")
        }
    }

    // MARK: its life

    /// Starts it, the first time that a seat is taken.
    func begin() throws(Failure) {
        guard page == nil, restartAt == nil else { return }
        let code = launch()
        guard code == 0 else {
            end()
            throw Failure(.system, "the guardian \(path) cannot be started: \(words(code))")
        }
    }

    /// The node has come to its end.
    func end() {
        restartAt = nil
        beats?.cancel()
        beats = nil
        if let page {
            guardian_page_dismiss(page)
            ring()
            guardian_page_release(page)
        }
        page = nil
        if proof >= 0 { guest_close(proof) }
        proof = -1
    }

    /// 0 or an errno value. The descriptors are of this process only as long as it takes.
    private func launch() -> Int32 {
        var given: [Int32] = []
        defer { for descriptor in given { guest_close(descriptor) } }
        func keep(_ make: () -> Int32) -> Bool {
            guest_hold_descriptors()
            defer { guest_release_descriptors() }
            let descriptor = make()
            guard descriptor >= 0 else { return false }
            guest_descriptor_opened(descriptor)
            given.append(descriptor)
            return true
        }
        var fresh: OpaquePointer?
        guard
            keep({
                var descriptor: Int32 = -1
                fresh = guardian_page_make(&descriptor)
                return descriptor
            }), let fresh, keep({ guardian_pidfd(getpid()) }), keep({ openProof() })
        else {
            let code = errno
            if let fresh { guardian_page_release(fresh) }
            return code
        }
        if let page { guardian_page_release(page) }
        page = fresh
        heard = 0
        charge(fresh)
        return guardian_start(path, "\(getpid()) \(id)", given[0], given[1], given[2])
    }

    /// The end that the guardian reads. The end that is written stays the same as long as the node lives: whoever acts
    /// for this process holds a copy of it.
    private func openProof() -> Int32 {
        if proof >= 0 { return guardian_reopen(proof) }
        var ends: [Int32] = [-1, -1]
        guard guardian_pipe(&ends) == 0 else { return -1 }
        proof = ends[1]
        guest_descriptor_opened(proof)
        return ends[0]
    }

    private func charge(_ page: OpaquePointer) {
        var charge = guardian_charge()
        charge.instance = instance
        charge.host = getpid()
        charge.frozen_after_ns = limit.nanoseconds
        charge.patience_ns = settings.lease?.patience.nanoseconds ?? 0
        charge.hold_ns = settings.lease?.longestHold.nanoseconds ?? 0
        Guarding.copy(id, to: &charge.id)
        Guarding.copy(settings.cluster, to: &charge.cluster)
        Guarding.copy(settings.failoverStore ?? "", to: &charge.store)
        addLetter(to: &charge)
        guardian_page_charge(page, &charge)
        for (place, role) in roles.enumerated() { tell(page, place, role) }
        for place in 0..<Int(GUARDIAN_VOTERS) { tell(page, voter: place) }
        guardian_page_beat(page, guest_boottime_ns())
        guardian_page_set_leading(page, isLeading ? 1 : 0)
    }

    private func addLetter(to charge: inout guardian_charge) {
        guard let secret else { return }
        var random = SystemRandomNumberGenerator()
        let letter = WillLetter(number: random.next(), id: id, instance: instance, secret: secret, role: "")
        let head = letter.head(cluster: settings.cluster)
        let receipt = letter.receiptHead(cluster: settings.cluster)
        withUnsafeMutableBytes(of: &charge.letter) { $0.copyBytes(from: head.prefix($0.count)) }
        withUnsafeMutableBytes(of: &charge.receipt) { $0.copyBytes(from: receipt.prefix($0.count)) }
        charge.letter_length = UInt32(clamping: head.count)
        charge.receipt_length = UInt32(clamping: receipt.count)
    }

    /// What is longer than options allow is cut; the zero at its end stays.
    private static func copy<Characters>(_ text: String, to characters: inout Characters) {
        withUnsafeMutableBytes(of: &characters) { bytes in
            bytes.prefix(max(0, bytes.count - 1)).copyBytes(from: text.utf8.prefix(bytes.count - 1))
        }
    }

    // MARK: what it is told

    func seatOpened(_ role: String) {
        guard let place = roles.firstIndex(of: role) ?? roles.firstIndex(of: "") else { return }
        roles[place] = role
        if let page { tell(page, place, role) }
    }

    func seatClosed(_ role: String) {
        guard let place = roles.firstIndex(of: role) else { return }
        roles[place] = ""
        if let page { tell(page, place, "") }
    }

    private func tell(_ page: OpaquePointer, _ place: Int, _ role: String) {
        let bytes = role.utf8.map { CChar(bitPattern: $0) }
        guardian_page_set_role(page, Int32(place), bytes, bytes.count)
    }

    /// The view has changed, of which there have been so many: where the voters are now.
    func viewChanged(_ changes: UInt64, _ addresses: () -> [Address]) {
        guard secret != nil, changes != seenChanges else { return }
        seenChanges = changes
        let now = addresses().prefix(Int(GUARDIAN_VOTERS)).map(Guarding.socketAddress)
        guard now != voters else { return }
        let former = voters
        voters = now
        guard let page else { return }
        for place in 0..<max(now.count, former.count) { tell(page, voter: place) }
    }

    private func tell(_ page: OpaquePointer, voter place: Int) {
        let address = place < voters.count ? voters[place] : []
        guardian_page_set_voter(page, Int32(place), address, address.count)
    }

    private static func socketAddress(_ address: Address) -> [UInt8] {
        address.socketAddress.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) }
    }

    /// After every step of the node: whether a lease stands in its name. What there is to tell the host.
    func follow(isLeading: Bool, now: Instant) -> News? {
        guard page != nil || restartAt != nil else { return nil }
        if isLeading != self.isLeading { turn(isLeading) }
        guard now >= nextLook else { return nil }
        nextLook = now + .seconds(1)
        return look(now)
    }

    private func turn(_ isLeading: Bool) {
        self.isLeading = isLeading
        beats?.cancel()
        beats = nil
        if isLeading {
            beat()
            let pace = TimeAmount.nanoseconds(limit.nanoseconds / 6)
            beats = SharedLoop.loop.scheduleRepeatedTask(initialDelay: pace, delay: pace) { [weak self] _ in
                self?.beat()
            }
        }
        if let page { guardian_page_set_leading(page, isLeading ? 1 : 0) }
        ring()
    }

    private func beat() {
        if let page { guardian_page_beat(page, guest_boottime_ns()) }
    }

    /// The word itself says nothing: it has the guardian look at the page. A pipe that is full has it look as well.
    private func ring() {
        var word: UInt8 = 1
        if proof >= 0 { _ = write(proof, &word, 1) }
    }

    // MARK: how it is

    private func look(_ now: Instant) -> News? {
        if let restartAt {
            guard now >= restartAt else { return nil }
            return restart(now)
        }
        guard !hasEnded else {
            restartAt = now + pause
            var why = ""
            if case .trouble(let text)? = heardNews() { why = ": \(text)" }
            return .trouble("the guardian of this node has ended; another one is started\(why)")
        }
        pause = Guarding.shortestPause
        return heardNews()
    }

    private func restart(_ now: Instant) -> News? {
        pause = min(pause * 2, Guarding.longestPause)
        let code = launch()
        restartAt = code == 0 ? nil : now + pause
        return code == 0 ? nil : .trouble("the guardian \(path) cannot be started: \(words(code))")
    }

    /// Whether nobody reads the pipe any more.
    private var hasEnded: Bool {
        var place = pollfd(fd: proof, events: 0, revents: 0)
        return poll(&place, 1, 0) > 0 && Int32(place.revents) & POLLERR != 0
    }

    private func heardNews() -> News? {
        guard let page else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(GUARDIAN_TROUBLE)) { text in
            guard let start = text.baseAddress else { return nil }
            switch Int(guardian_page_news(page, &heard, start)) {
            case GUARDIAN_STORE_TROUBLE:
                return .trouble(
                    "the guardian does not reach the store: \(String(cString: start))")
            case GUARDIAN_SPARED: return .spared(String(cString: start))
            case GUARDIAN_WELL: return .well
            default: return nil
            }
        }
    }

    private func words(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}

extension Runtime {
    /// Keeps the guardian informed, and tells the host what it has to say.
    func followGuardian() {
        guard let guarding else { return }
        guarding.viewChanged(engine.membership.view.changes) {
            engine.membership.view.present.filter {
                settings.voterList?.voters.contains($0.identity.id) == true
            }
            .map { scopes.complete($0.address) }
        }
        switch guarding.follow(isLeading: engine.holdsLease, now: Clock.now) {
        case .trouble(let text): tellOfAuthority(.unguarded, role: "", text)
        case .spared(let text): log.write(.warning, text)
        case .well: log.write(.info, "the guardian of this node reaches the store again")
        case nil: break
        }
    }
}

extension Node {
    /// A descriptor that ends with this process. Where there is a guardian, no lease is given back while any process
    /// has a copy of it: whatever acts for this one holds one. -1 where there is none.
    package var proofOfLife: Int32 { (try? onLoop { $0.guarding?.proof ?? -1 }) ?? -1 }
}
