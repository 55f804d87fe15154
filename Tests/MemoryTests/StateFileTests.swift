import Foundation
import Testing

@testable import Memory

/// A directory of one test.
final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "muster-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func claim(_ id: String?, cluster: String = "orders") throws -> StateFile.Claim {
        try StateFile.claim(in: path, cluster: cluster, nodeId: id) { "random-\(UUID().uuidString)" }
    }

    func write(_ bytes: [UInt8], as name: String) throws {
        try Data(bytes).write(to: URL(filePath: path + "/" + name))
    }
}

@Suite("The state file")
struct StateFileTests {
    let folder = Folder()

    @Test("keeps what was written for the next start of the same node")
    func keeps() throws {
        let first = try folder.claim("a")
        #expect(first.memory == Memory(cluster: "orders", nodeId: "a") && first.remarks.isEmpty)
        var memory = first.memory
        memory.generation = 42
        try first.file.write(memory)
        first.file.release()
        #expect(try folder.claim("a").memory == memory)
        #expect(folder.names == ["a@orders.state", "a@orders.state.lock"])
    }

    @Test("is another for every node and every cluster")
    func shared() throws {
        for (id, cluster) in [("a", "orders"), ("b", "orders"), ("a", "bills")] {
            let claim = try folder.claim(id, cluster: cluster)
            #expect(claim.memory.generation == 0)
            var memory = claim.memory
            memory.generation = 1
            try claim.file.write(memory)
        }
    }

    @Test("is made with its directory, for this user alone")
    func modes() throws {
        let claim = try folder.claim("a")
        try claim.file.write(claim.memory)
        let mode = { (path: String) in
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder.path) == 0o700)
        #expect(try mode(claim.file.path) == 0o600)
    }

    @Test("belongs to one at a time")
    func locked() throws {
        let first = try folder.claim("a")
        do throws(StateTrouble) {
            _ = try StateFile.claim(in: folder.path, cluster: "orders", nodeId: "a") { "" }
            Issue.record("claimed twice")
        } catch {
            #expect(error.isInUse && error.reason.contains("\(folder.path)/a@orders.state.lock"))
        }
        first.file.release()
        first.file.release()
        #expect(try folder.claim("a").memory.nodeId == "a")
    }

    @Test("gives its id to the next without one, if that was random and nobody has it")
    func randomIds() throws {
        let named = try folder.claim("named")
        try named.file.write(named.memory)
        named.file.release()
        let first = try folder.claim(nil)
        try first.file.write(first.memory)
        let second = try folder.claim(nil)
        try second.file.write(second.memory)
        let other = try folder.claim(nil, cluster: "bills")
        try other.file.write(other.memory)
        let ids = [first, second, other].map(\.memory.nodeId)
        #expect(Set(ids + ["named"]).count == 4)
        first.file.release()
        #expect(try folder.claim(nil).memory.nodeId == ids[0])
        second.file.release()
        let again = try folder.claim(nil)
        #expect(again.memory.nodeId == ids[0] || again.memory.nodeId == ids[1])
    }

    @Test("of a node that was given its random id as its own stays its own")
    func adopted() throws {
        let first = try folder.claim(nil)
        try first.file.write(first.memory)
        first.file.release()
        let id = first.memory.nodeId
        let adopted = try folder.claim(id)
        #expect(!adopted.memory.isRandomId)
        try adopted.file.write(adopted.memory)
        adopted.file.release()
        #expect(try folder.claim(nil).memory.nodeId != id)
    }

    @Test(
        "that cannot be believed is put aside",
        arguments: [
            ("half", "is damaged"), ("empty", "is damaged"), ("garbage", "is damaged"),
            ("later", "has version 2"), ("cluster", "belongs to the cluster 'bills'"),
            ("node", "belongs to the node 'b'"), ("long", "is damaged"),
        ])
    func bad(kind: String, words: String) throws {
        try folder.claim("a").file.release()
        let whole = Memory(cluster: "orders", nodeId: "a", generation: 7).encoded()
        let bytes: [UInt8]
        switch kind {
        case "half": bytes = Array(whole.prefix(whole.count / 2))
        case "empty": bytes = []
        case "garbage": bytes = Array("not ours\n".utf8)
        case "later": bytes = Array(whole[..<11]) + [2] + Array(whole[12...])
        case "cluster": bytes = Memory(cluster: "bills", nodeId: "a").encoded()
        case "node": bytes = Memory(cluster: "orders", nodeId: "b").encoded()
        default: bytes = whole + [UInt8](repeating: 0, count: 1_000_000)
        }
        try folder.write(bytes, as: "a@orders.state")
        let claim = try folder.claim("a")
        #expect(claim.memory == Memory(cluster: "orders", nodeId: "a"))
        #expect(claim.remarks.count == 1 && claim.remarks[0].contains(words), "\(claim.remarks)")
        #expect(folder.names == ["a@orders.state.bad", "a@orders.state.lock"])
        try claim.file.write(claim.memory)
        claim.file.release()
        #expect(try folder.claim("a").remarks.isEmpty)
    }

    @Test("is never written through a link")
    func links() throws {
        let claim = try folder.claim("a")
        try folder.write([1, 2, 3], as: "precious")
        for name in ["a@orders.state.new", "a@orders.state"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(name)", withDestinationPath: "\(folder.path)/precious")
        }
        try claim.file.write(claim.memory)
        #expect(try Data(contentsOf: URL(filePath: folder.path + "/precious")) == Data([1, 2, 3]))
        claim.file.release()
        #expect(try folder.claim("a").memory == claim.memory)
    }

    @Test("has a name that is a name, whatever the id", arguments: ["..", "a/b", "a@b", "ключ", ".", "a b"])
    func names(id: String) throws {
        let claim = try folder.claim(id)
        try claim.file.write(claim.memory)
        claim.file.release()
        #expect(folder.names.count == 2)
        #expect(try folder.claim(id).remarks.isEmpty)
        #expect(
            StateFile.name(String(repeating: "ж", count: 32), String(repeating: "ж", count: 32)).utf8.count
                < 200)
        #expect(StateFile.name("a/b", "c") != StateFile.name("a_b", "c"))
    }

    @Test("cannot be where no directory can be")
    func impossible() throws {
        for (path, words) in [
            (folder.path + "/missing/deeper", "cannot be made: No such file or directory"),
            ("/dev/null", "cannot be opened: Not a directory"),
        ] {
            do throws(StateTrouble) {
                _ = try StateFile.claim(in: path, cluster: "orders", nodeId: "a") { "" }
                Issue.record("claimed \(path)")
            } catch {
                #expect(error.reason == "'\(path)' \(words)" && !error.isInUse)
            }
        }
    }
}
