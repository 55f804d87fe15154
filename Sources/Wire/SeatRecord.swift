import Basics

/// What a member tells the others about its seat in one role.
///
/// The order of a line follows from these records alone, so that every node that has heard the same things
/// computes the same order without asking.
package struct SeatRecord: Hashable, Sendable {
    package enum State: UInt8, Sendable {
        /// In the line, ready to be promoted.
        case standby = 1
        /// Holds the role under `token`.
        case primary = 2
        /// Gives the role back: its host is being told. Nobody else may begin until this ends.
        case yielding = 3
    }

    /// Who decides about the primary.
    package enum Authority: UInt8, Sendable {
        /// The live members' view.
        case members = 0
        /// A lease in an engine that the user runs.
        case store = 1
        /// A lease that voters hold together.
        case majority = 2
    }

    package var role: String
    package var authority: Authority
    package var state: State
    /// The configured position, from 1; 0 is none.
    package var position: UInt32
    /// The place in the line of those without a position: highest known plus one when the seat was taken.
    package var number: UInt32
    /// The host said that it is unfit for now: keeps the seat, is passed over.
    package var isUnready: Bool
    /// Stepped down and goes behind all others until another one has been promoted.
    package var hasYielded: Bool
    /// The fencing token held now (`primary`, `yielding`), else 0.
    package var token: UInt64
    /// The highest token heard of in this role.
    package var highestToken: UInt64
    /// The nonce of the member start that is to be promoted next, as long as nobody was since `highestToken`: said by
    /// whoever asks for it, and by the primary that gives the role to it. 0: the line decides.
    package var target: UInt64
    /// How often the role was paused and resumed, as far as known here: odd while it is paused. The highest one counts.
    package var pauses: UInt32

    package var isPaused: Bool { pauses & 1 == 1 }

    package init(
        role: String, authority: Authority = .members, state: State = .standby, position: UInt32 = 0,
        number: UInt32 = 0,
        isUnready: Bool = false, hasYielded: Bool = false, token: UInt64 = 0, highestToken: UInt64 = 0,
        target: UInt64 = 0, pauses: UInt32 = 0
    ) {
        self.role = role
        self.authority = authority
        self.state = state
        self.position = position
        self.number = number
        self.isUnready = isUnready
        self.hasYielded = hasYielded
        self.token = token
        self.highestToken = highestToken
        self.target = target
        self.pauses = pauses
    }

    /// Bytes of the longest role name.
    package static let longestRole = 64
    /// Tokens stay below 2^53, so that JSON carries them everywhere. Made from the wall clock they stay below 2^47
    /// until the year 2043 and reach the end in the year 6325.
    package static let highestToken: UInt64 = (1 << 53) - 1

    /// The counter of pauses ends here, even and thus not paused; nobody gets there by hand.
    package static let mostPauses: UInt32 = 1 << 28 - 2

    /// Takes on the largest encoding that a record of this role can have.
    package mutating func growToLargest() {
        self = SeatRecord(
            role: role, authority: .majority, state: .yielding, position: .max, number: .max, isUnready: true,
            hasYielded: true,
            token: Self.highestToken, highestToken: Self.highestToken, target: .max, pauses: Self.mostPauses)
    }

    func encode(into writer: inout Writer) {
        writer.text(1, role)
        writer.number(2, UInt64(state.rawValue))
        writer.number(3, UInt64(position))
        writer.number(4, UInt64(number))
        writer.flag(5, isUnready)
        writer.flag(6, hasYielded)
        writer.number(7, token)
        writer.number(8, highestToken)
        writer.fixed(9, target)
        writer.number(10, UInt64(pauses))
        writer.number(11, UInt64(authority.rawValue))
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = Reader(bytes)
        self.init(role: "")
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try field.text(longest: Self.longestRole)
            case 2: state = State(rawValue: try field.integer(as: UInt8.self)) ?? .standby
            case 3: position = try field.integer(as: UInt32.self)
            case 4: number = try field.integer(as: UInt32.self)
            case 5: isUnready = try field.integer() != 0
            case 6: hasYielded = try field.integer() != 0
            case 7: token = try Self.token(field)
            case 8: highestToken = try Self.token(field)
            case 9: target = try field.integer()
            case 10:
                pauses = try field.integer(as: UInt32.self)
                guard pauses <= Self.mostPauses else { throw .outOfRange(field: 10) }
            case 11:
                // One of a later release is none that this one knows: no promise holds with it.
                authority = Authority(rawValue: try field.integer(as: UInt8.self)) ?? .members
            default: break
            }
        }
        guard Name.isValid(role, longest: Self.longestRole) else { throw .outOfRange(field: 1) }
    }

    private static func token(_ field: Field) throws(WireError) -> UInt64 {
        let token = try field.integer()
        guard token <= highestToken else { throw .outOfRange(field: field.number) }
        return token
    }
}
