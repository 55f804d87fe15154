import Basics
import Wire

/// What a voter must not forget about a role: the highest epoch that it has accepted, and under which list of voters.
package struct Ballots: Hashable, Sendable {
    package var epoch: UInt64
    package var listNumber: UInt64
    package var voters: [String]
    /// The hash of the list before this one.
    package var predecessor: UInt64
    /// The highest number of a list under which a row is known to be chosen.
    package var settledList: UInt64

    package init(
        epoch: UInt64, listNumber: UInt64, voters: [String], predecessor: UInt64, settledList: UInt64
    ) {
        self.epoch = epoch
        self.listNumber = listNumber
        self.voters = voters
        self.predecessor = predecessor
        self.settledList = settledList
    }

    static let mostVoters = 15
    /// Bytes of the longest in the state file, and some to spare.
    static let longest = (mostVoters + 1) * (Identity.longestId + 2) + 128

    func encode(_ role: String, into writer: inout Writer) {
        writer.text(1, role)
        writer.number(2, epoch)
        writer.number(3, listNumber)
        for voter in voters.prefix(Self.mostVoters) { writer.text(4, voter) }
        writer.fixed(5, predecessor)
        writer.number(6, settledList)
    }

    static func decode(_ bytes: ArraySlice<UInt8>) throws -> (role: String, ballots: Ballots) {
        var reader = Reader(bytes)
        var role = ""
        var ballots = Ballots(epoch: 0, listNumber: 0, voters: [], predecessor: 0, settledList: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try field.text(longest: SeatRecord.longestRole)
            case 2: ballots.epoch = try field.integer()
            case 3: ballots.listNumber = try field.integer()
            case 4:
                guard ballots.voters.count < mostVoters else { throw WireError.tooMany(field: 4) }
                let voter = try field.text(longest: Identity.longestId)
                guard Identity.isValidId(voter) else { throw WireError.outOfRange(field: 4) }
                ballots.voters.append(voter)
            case 5: ballots.predecessor = try field.integer()
            case 6: ballots.settledList = try field.integer()
            default: break
            }
        }
        guard Name.isValid(role, longest: SeatRecord.longestRole), ballots.listNumber > 0 else {
            throw WireError.outOfRange(field: 1)
        }
        return (role, ballots)
    }
}
