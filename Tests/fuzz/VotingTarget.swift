import Basics
import Lease
import Wire

/// What proposers and voters tell each other, and rows as voters and stores show them. Each piece of the input is one of
/// these, or time that passes; the first byte says which.
func fuzzVoting(_ input: [UInt8]) {
    var poll = Poll()
    for piece in pieces(of: input) {
        var choices = Choices(piece)
        switch choices.below(8) {
        case 0, 1: poll.asked(choices)
        case 2: poll.answered(choices, isInTime: true)
        case 3: poll.answered(choices, isInTime: false)
        case 4: if let row: LeaseRow = read(choices) { poll.write(row) }
        case 5: poll.look()
        default: poll.wait(.milliseconds(Int64(choices.byte()) * 20))
        }
    }
}

/// A voter, one that has lost its memory, and a proposer.
private struct Poll {
    private var now = Poll.start
    private var voters: [Voter]
    private var register: VoterRegister
    private var lastAsked: UInt64 = 0
    private var lastOperation: UInt64 = 0

    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static let hold = Interval.seconds(1)

    init() {
        guard let list = VoterList(number: 1, voters: ["a", "b", "c"]) else { fatalError("no list") }
        let memory = Voter.Memory(epoch: 7, list: list, settledList: 1)
        voters = [memory, nil].map {
            Voter(
                id: "a", list: list, memory: $0, longestHold: Poll.hold, now: Poll.start,
                isOpened: { $0 == $1 })
        }
        register = VoterRegister(
            writer: LeaseCandidate(id: "b", instance: 2), list: list, patience: Poll.hold, seed: 1)
        // Else it would be silent for most of the input.
        wait(.seconds(2))
    }

    mutating func asked(_ choices: Choices) {
        guard let request: VoterRequest = read(choices) else { return }
        for index in voters.indices {
            perform(at: index) { $0.received(request, from: "way", now: $1) }
        }
    }

    /// `isInTime`: the answer is to what was asked last.
    mutating func answered(_ choices: Choices, isInTime: Bool) {
        guard var reply: VoterReply = read(choices) else { return }
        for index in voters.indices { perform(at: index) { $0.recalled(reply, now: $1) } }
        if isInTime { reply.number = lastAsked }
        perform(register.received(reply, now: now))
    }

    mutating func look() {
        lastOperation += 1
        perform(register.read(lastOperation, now: now))
    }

    mutating func write(_ row: LeaseRow) {
        lastOperation += 1
        var next = row
        next.version = row.version == .max ? row.version : row.version + 1
        perform(register.compareAndSet(lastOperation, expected: row.stamp, row: next, now: now))
    }

    mutating func wait(_ interval: Interval) {
        now = now + interval
        for index in voters.indices { perform(at: index) { $0.tick(now: $1) } }
        perform(register.tick(now: now))
    }

    /// What a voter sends can be read, and the epoch that it remembers never falls.
    private mutating func perform(at index: Int, _ input: (inout Voter, Instant) -> [VoterAction]) {
        let before = voters[index].epoch
        var actions = input(&voters[index], now)
        while let action = actions.first {
            actions.removeFirst()
            switch action {
            case .reply(_, let reply): requireSame(reply)
            case .ask(_, let request): requireSame(request)
            case .persist: actions += voters[index].persisted()
            }
        }
        require(voters[index].epoch >= before, "a voter went back from \(before) to \(voters[index].epoch)")
    }

    private mutating func perform(_ actions: [VoterRegisterAction]) {
        for case .ask(_, let request) in actions {
            lastAsked = request.number
            requireSame(request)
        }
    }
}

/// What travels as bytes between proposers and voters.
private protocol Letter: Equatable {
    func encoded() -> [UInt8]
    init(decoding bytes: ArraySlice<UInt8>) throws(WireError)
}

extension VoterRequest: Letter {}
extension VoterReply: Letter {}
extension LeaseRow: Letter {}

/// What the rest of the bytes says, if it says anything; and that it stays the same when it is said again.
private func read<Kind: Letter>(_ choices: Choices) -> Kind? {
    guard let letter = try? Kind(decoding: choices.rest) else { return nil }
    requireSame(letter)
    return letter
}

private func requireSame<Kind: Letter>(_ letter: Kind) {
    let encoded = letter.encoded()
    do throws(WireError) {
        let again = try Kind(decoding: encoded[...])
        require(again == letter, "it changes on the way:\n\(letter)\n\(again)")
        require(again.encoded() == encoded, "it has two encodings:\n\(letter)")
    } catch {
        fatalError("nobody can read it, \(error):\n\(letter)")
    }
}
