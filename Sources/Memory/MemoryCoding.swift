import Basics
import Wire

// The state file: a head that says what it is and how long, the fields in the encoding of the wire, and a sum over
// all of it. A file that was cut, changed or made by something else is told from a whole one; it is never
// half believed.

/// Why bytes are not what this node remembers.
package enum MemoryError: Error, Equatable, Sendable {
    /// Cut, changed, or no state file at all.
    case damaged
    /// Written by a later release, in a version that this one does not know.
    case later(version: UInt32)
    case otherCluster(String)
    case otherNode(String)

    /// As it completes "'path' ...".
    package var words: String {
        switch self {
        case .damaged: "is damaged"
        case .later(let version): "has version \(version), which this release does not know"
        case .otherCluster(let name): "belongs to the cluster '\(name)'"
        case .otherNode(let id): "belongs to the node '\(id)'"
        }
    }
}

extension Memory {
    private static let magic = Array("MUSTERST".utf8)
    private static let version: UInt32 = 1
    private static let headLength = 16
    private static let sumLength = 8

    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 1024)
        writer.text(1, cluster)
        writer.text(2, nodeId)
        writer.flag(3, isRandomId)
        writer.fixed(4, generation)
        for (role, token) in tokens.sorted(by: { $0.key < $1.key }) {
            writer.nested(5) {
                $0.text(1, role)
                $0.number(2, token)
            }
        }
        for address in addresses.prefix(Memory.mostAddresses) {
            writer.nested(6) {
                $0.data(1, address.bytes)
                $0.number(2, UInt64(address.port))
            }
        }
        for (role, ballots) in ballots.sorted(by: { $0.key < $1.key }).prefix(Memory.mostBallots) {
            writer.nested(7) { ballots.encode(role, into: &$0) }
        }
        for row in taskRows.prefix(Memory.mostTaskRows) { writer.raw(8, row) }
        var bytes = Memory.magic
        bytes += bigEndian(Memory.version)
        bytes += bigEndian(UInt32(clamping: writer.bytes.count))
        bytes += writer.bytes
        return bytes + bigEndian(Memory.sum(bytes[...]))
    }

    package init(decoding bytes: [UInt8]) throws(MemoryError) {
        guard bytes.count >= Memory.headLength, bytes.starts(with: Memory.magic) else { throw .damaged }
        let version: UInt32 = number(bytes[8..<12])
        guard version == Memory.version else { throw .later(version: version) }
        let length: UInt32 = number(bytes[12..<16])
        guard bytes.count == Memory.headLength + Int(length) + Memory.sumLength else { throw .damaged }
        let summed = bytes.dropLast(Memory.sumLength)
        guard Memory.sum(summed) == number(bytes.suffix(Memory.sumLength)) else { throw .damaged }
        do {
            try self.init(body: summed.dropFirst(Memory.headLength))
        } catch {
            throw .damaged
        }
    }

    private init(body: ArraySlice<UInt8>) throws {
        var reader = Reader(body)
        var cluster = ""
        var nodeId = ""
        var isRandomId = false
        var generation: UInt64 = 0
        var tokens: [String: UInt64] = [:]
        var addresses: [Address] = []
        var ballots: [String: Ballots] = [:]
        var taskRows: [[UInt8]] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: cluster = try field.text(longest: Identity.longestId)
            case 2: nodeId = try field.text(longest: Identity.longestId)
            case 3: isRandomId = try field.integer() != 0
            case 4: generation = try field.integer()
            case 5:
                let (role, token) = try Memory.token(try field.bytes())
                tokens[role] = token
            case 6:
                let address = try Memory.address(try field.bytes())
                // An earlier release wrote down what a member told it, and the rest of the file is not to be lost for that.
                if address.namesHost { addresses.append(address) }
            case 7:
                let (role, found) = try Ballots.decode(try field.bytes())
                ballots[role] = found
            case 8:
                let row = try field.bytes()
                guard row.count <= Memory.longestTaskRow else { throw WireError.outOfRange(field: 8) }
                taskRows.append(Array(row))
            default: break
            }
        }
        guard Identity.isValidId(cluster), Identity.isValidId(nodeId) else {
            throw WireError.missing(field: 1)
        }
        guard tokens.count <= Memory.mostRoles else { throw WireError.tooMany(field: 5) }
        guard addresses.count <= Memory.mostAddresses else { throw WireError.tooMany(field: 6) }
        guard ballots.count <= Memory.mostBallots else { throw WireError.tooMany(field: 7) }
        guard taskRows.count <= Memory.mostTaskRows else { throw WireError.tooMany(field: 8) }
        self.init(cluster: cluster, nodeId: nodeId, isRandomId: isRandomId, generation: generation)
        for (role, token) in tokens { hear(token: token, in: role) }
        self.addresses = addresses
        self.ballots = ballots
        self.taskRows = taskRows
    }

    private static func token(_ bytes: ArraySlice<UInt8>) throws -> (role: String, token: UInt64) {
        var reader = Reader(bytes)
        var role = ""
        var token: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try field.text(longest: SeatRecord.longestRole)
            case 2: token = try field.integer()
            default: break
            }
        }
        return (role, token)
    }

    private static func address(_ bytes: ArraySlice<UInt8>) throws -> Address {
        var reader = Reader(bytes)
        var host: [UInt8] = []
        var port: UInt16 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: host = Array(try field.bytes())
            case 2: port = try field.integer(as: UInt16.self)
            default: break
            }
        }
        guard let address = Address(bytes: host, port: port), port != 0 else {
            throw WireError.outOfRange(field: 6)
        }
        return address
    }

    /// FNV-1a: any one byte that differs makes another sum, and so does nearly everything else that happens to files.
    private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash = Fnv1a()
        for byte in bytes { hash.add(byte) }
        return hash.value
    }
}

private func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

private func number<Number: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Number {
    bytes.reduce(0) { $0 << 8 | Number($1) }
}
