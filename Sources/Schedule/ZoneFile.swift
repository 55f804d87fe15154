extension Zone {
    package static let largestFile = 256 * 1024

    /// Reads a TZif file, version 1 to 4 (RFC 8536, RFC 9636).
    package init(name: String, file bytes: [UInt8]) throws(ScheduleError) {
        do {
            self = try ZoneFile.read(bytes[...], name: name)
        } catch {
            throw ScheduleError("zone", name, error.problem)
        }
    }
}

/// The layout of a TZif file.
private enum ZoneFile {
    struct Unreadable: Error {
        let problem: String
    }

    static func read(_ bytes: ArraySlice<UInt8>, name: String) throws(Unreadable) -> Zone {
        guard bytes.count <= Zone.largestFile else { throw Unreadable(problem: "the file is too long") }
        var bytes = Bytes(rest: bytes)
        var header = try Header(&bytes)
        if header.version >= 2 {
            // The first block is for readers of version 1: times of 32 bits.
            try bytes.skip(header.length(timeSize: 4))
            header = try Header(&bytes)
            guard header.version >= 2 else { throw Unreadable(problem: "the second header is of version 1") }
        }
        let size = header.version >= 2 ? 8 : 4
        let block = try Block(&bytes, header, timeSize: size)
        let rule = header.version >= 2 ? try footer(&bytes) : nil

        var changes = block.changes
        if let rule {
            let first = changes.last.map { year(of: $0.moment) } ?? CivilDate.firstYear - 2
            let last = changes.last?.moment ?? .min
            if first <= CivilDate.lastYear {
                // Without a table the rule holds from the beginning.
                // (A change may lie in another year in UTC than on the clock.)
                changes += rule.changes((first - 1)...CivilDate.lastYear).filter { $0.moment > last }
            }
        }
        return Zone(name: name, base: block.base, changes: changes)
    }

    private static func year(of moment: Int) -> Int {
        let day = floorDivide(moment, by: CivilDate.secondsPerDay)
        // From a moment that no calendar reaches, the rule need not be followed before the calendar begins.
        let first = CivilDate(year: CivilDate.firstYear - 2, month: 1, day: 1).daysSince1970
        let last = CivilDate(year: CivilDate.lastYear + 1, month: 1, day: 1).daysSince1970
        return CivilDate(daysSince1970: min(max(day, first), last)).year
    }

    /// A line feed, the rule, a line feed. No rule: what holds after the last change is not known, so nothing changes.
    private static func footer(_ bytes: inout Bytes) throws(Unreadable) -> ZoneRule? {
        guard bytes.rest.first == 0x0a, let end = bytes.rest.dropFirst().firstIndex(of: 0x0a) else {
            throw Unreadable(problem: "the footer is missing")
        }
        let text = bytes.rest[bytes.rest.startIndex..<end].dropFirst()
        guard !text.isEmpty else { return nil }
        guard let rule = ZoneRule(text) else {
            throw Unreadable(
                problem: "the footer is no rule: '\(String(decoding: text.prefix(64), as: UTF8.self))'")
        }
        return rule
    }

    private struct Header {
        let version: Int
        let utFlags: Int
        let standardFlags: Int
        let leapSeconds: Int
        let times: Int
        let types: Int
        let characters: Int

        init(_ bytes: inout Bytes) throws(Unreadable) {
            guard bytes.rest.starts(with: [0x54, 0x5a, 0x69, 0x66]) else {
                throw Unreadable(problem: "not a TZif file")
            }
            try bytes.skip(4)
            let digit = try bytes.number(size: 1)
            guard digit == 0 || (0x32...0x39).contains(digit) else {
                throw Unreadable(problem: "unknown version")
            }
            version = digit == 0 ? 1 : digit - 0x30
            try bytes.skip(15)
            utFlags = try bytes.count()
            standardFlags = try bytes.count()
            leapSeconds = try bytes.count()
            times = try bytes.count()
            types = try bytes.count()
            characters = try bytes.count()
        }

        /// Of the block that follows.
        func length(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + standardFlags
                + utFlags
        }
    }

    private struct Block {
        let base: Int
        let changes: [(moment: Int, offset: Int)]

        init(_ bytes: inout Bytes, _ header: Header, timeSize: Int) throws(Unreadable) {
            guard (1...256).contains(header.types) else {
                throw Unreadable(problem: "it has no type, or too many")
            }
            guard header.length(timeSize: timeSize) <= bytes.rest.count else {
                throw Unreadable(problem: "the file is cut off")
            }
            guard header.leapSeconds == 0 else {
                throw Unreadable(problem: "it counts leap seconds; the clocks of computers do not")
            }
            var moments: [Int] = []
            for _ in 0..<header.times {
                let moment = try bytes.number(size: timeSize)
                guard moments.last.map({ $0 < moment }) != false else {
                    throw Unreadable(problem: "its changes are not in order")
                }
                moments.append(moment)
            }
            var chosen: [Int] = []
            for _ in 0..<header.times { chosen.append(try bytes.number(size: 1)) }
            var offsets: [Int] = []
            for _ in 0..<header.types {
                let offset = try bytes.number(size: 4)
                try bytes.skip(2)
                guard abs(offset) <= Zone.longestOffset else {
                    throw Unreadable(problem: "an offset is too long")
                }
                offsets.append(offset)
            }
            guard chosen.allSatisfy({ $0 < offsets.count }) else {
                throw Unreadable(problem: "a change leads to a type that is not there")
            }
            try bytes.skip(header.characters + header.standardFlags + header.utFlags)
            base = offsets[0]
            changes = zip(moments, chosen).map { ($0, offsets[$1]) }
        }
    }

    /// Big-endian numbers from the left.
    private struct Bytes {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ count: Int) throws(Unreadable) {
            guard count <= rest.count else { throw Unreadable(problem: "the file is cut off") }
            rest.removeFirst(count)
        }

        /// Of 1 byte without a sign, of 4 and 8 with one.
        mutating func number(size: Int) throws(Unreadable) -> Int {
            guard size <= rest.count else { throw Unreadable(problem: "the file is cut off") }
            let pattern = rest.prefix(size).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            rest.removeFirst(size)
            switch size {
            case 1: return Int(pattern)
            case 4: return Int(Int32(truncatingIfNeeded: pattern))
            default: return Int(Int64(bitPattern: pattern))
            }
        }

        mutating func count() throws(Unreadable) -> Int { try number(size: 4) & 0xffff_ffff }
    }
}
