import Basics
import CGuest
import Glibc

/// The state file of one node, `NODE@CLUSTER.state`, which this process alone may use.
///
/// It is replaced as a whole: what is read is always what was once written, whatever ends the process or the
/// machine meanwhile. The lock is a file beside it, which stays: removing it would let two processes hold one each.
package final class StateFile: Sendable {
    private let directory: StateDirectory
    private let name: String
    private let lock: StateLock

    private init(directory: StateDirectory, name: String, lock: StateLock) {
        self.directory = directory
        self.name = name
        self.lock = lock
    }

    package var path: String { directory.place(name) }

    /// Lets another process have the file. Nothing may be written afterwards.
    package func release() { lock.release() }

    // MARK: finding it

    package struct Claim: Sendable {
        package let file: StateFile
        /// What the file says, or the memory of somebody who has none.
        package let memory: Memory
        /// What was found and not believed, for the log.
        package let remarks: [String]
    }

    /// The largest file that is read.
    static let largest =
        131_072 + Memory.mostBallots * Ballots.longest + Memory.mostTaskRows * (Memory.longestTaskRow + 8)
    /// A former process of the same id may be about to end.
    private static let patienceMs = 500

    /// Takes the file of this node. Without an id, that of a former node of this cluster that had none either and
    /// does not run now; where there is none, `makeId` says who this node is. Blocks.
    package static func claim(
        in path: String, cluster: String, nodeId: String?, makeId: () -> String
    ) throws(StateTrouble) -> Claim {
        let directory = try StateDirectory.open(path)
        var remarks: [String] = []
        if nodeId == nil {
            for name in try directory.names(endingIn: StateFile.suffix(cluster)) {
                if let claim = claimIdle(name, in: directory, of: cluster, &remarks) { return claim }
            }
        }
        let id = nodeId ?? makeId()
        let name = StateFile.name(id, cluster)
        let lock = try StateLock.take(in: directory, name, patienceMs: patienceMs)
        let file = StateFile(directory: directory, name: name, lock: lock)
        var memory = try file.read(of: cluster, nodeId: id, &remarks) ?? Memory(cluster: cluster, nodeId: id)
        memory.isRandomId = nodeId == nil
        return Claim(file: file, memory: memory, remarks: remarks)
    }

    /// The file, if it belongs to a node with a random id that does not run now.
    private static func claimIdle(
        _ name: String, in directory: StateDirectory, of cluster: String, _ remarks: inout [String]
    ) -> Claim? {
        guard let lock = try? StateLock.take(in: directory, name, patienceMs: 0) else { return nil }
        let file = StateFile(directory: directory, name: name, lock: lock)
        do throws(StateTrouble) {
            if let memory = try file.read(of: cluster, nodeId: nil, &remarks), memory.isRandomId,
                StateFile.name(memory.nodeId, cluster) == name
            {
                return Claim(file: file, memory: memory, remarks: remarks)
            }
        } catch {
            remarks.append(error.reason)
        }
        lock.release()
        return nil
    }

    static func name(_ nodeId: String, _ cluster: String) -> String { clean(nodeId) + suffix(cluster) }

    private static func suffix(_ cluster: String) -> String { "@\(clean(cluster)).state" }

    /// A name may hold anything, and a path may not. What had to be changed gets a number that tells it from others.
    private static func clean(_ name: String) -> String {
        let isHarmless = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !name.utf8.allSatisfy(isHarmless) else { return name }
        let bytes = name.utf8.map { isHarmless($0) ? $0 : UInt8(ascii: "_") }
        return String(decoding: bytes, as: UTF8.self) + "~" + String(Fnv1a.hash(name), radix: 16)
    }

    // MARK: reading and writing

    /// What the file says; nil where there is none. One that cannot be believed is put aside, and a remark says so.
    private func read(
        of cluster: String, nodeId: String?, _ remarks: inout [String]
    ) throws(StateTrouble) -> Memory? {
        guard let bytes = try content() else { return nil }
        do throws(MemoryError) {
            let memory = try Memory(decoding: bytes)
            guard memory.cluster == cluster else { throw .otherCluster(memory.cluster) }
            guard nodeId == nil || memory.nodeId == nodeId else { throw .otherNode(memory.nodeId) }
            return memory
        } catch {
            let aside = name + ".bad"
            let hasGone = renameat(directory.descriptor, name, directory.descriptor, aside) == 0
            let rest = hasGone ? "kept as '\(aside)'" : "it could not be renamed to '\(aside)'"
            remarks.append("'\(path)' \(error.words): ignored, \(rest)")
            return nil
        }
    }

    private func content() throws(StateTrouble) -> [UInt8]? {
        let file = untilDone {
            guest_openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
        }
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw trouble("cannot be read", errno)
        }
        defer { guest_close_file(file) }
        var bytes = [UInt8](repeating: 0, count: StateFile.largest + 1)
        var count = 0
        while count < bytes.count {
            let more = untilDone {
                bytes.withUnsafeMutableBytes {
                    Glibc.read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
                }
            }
            guard more >= 0 else { throw trouble("cannot be read", errno) }
            if more == 0 { break }
            count += more
        }
        return Array(bytes.prefix(count))
    }

    /// Replaces the file. Afterwards it has this content even if the machine loses its power; on failure, and at any
    /// moment before, the former. Blocks.
    package func write(_ memory: Memory) throws(StateTrouble) {
        let bytes = memory.encoded()
        let new = name + ".new"
        let place = directory.descriptor
        // Whatever stands there under the name, a link included, is not written to.
        unlinkat(place, new, 0)
        let file = untilDone {
            guest_openat(place, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        }
        guard file >= 0 else { throw trouble("cannot be written", errno) }
        var code = writeAll(bytes, to: file)
        guest_close_file(file)
        if code == 0, renameat(place, new, place, name) != 0 { code = errno }
        guard code == 0 else {
            unlinkat(place, new, 0)
            throw trouble("cannot be written", code)
        }
        guard untilDone({ fsync(place) }) == 0 else {
            throw trouble("cannot be written", errno)
        }
    }

    /// Writes and waits until the disk has it. 0, or an `errno`.
    private func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = untilDone { rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } }
            guard count > 0 else { return count < 0 ? errno : ENOSPC }
            rest = rest.dropFirst(count)
        }
        return untilDone { fsync(file) } == 0 ? 0 : errno
    }

    private func trouble(_ what: String, _ code: Int32) -> StateTrouble {
        StateTrouble("'\(path)' \(what)", code: code)
    }
}
