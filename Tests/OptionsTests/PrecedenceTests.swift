import Glibc
import Testing

@testable import Options

@Suite("Precedence")
struct PrecedenceTests {
    private func environment(_ values: [String: String]) -> (String) -> [UInt8]? {
        { values[$0].map { Array($0.utf8) } }
    }

    @Test func `set beats environment beats file beats default, in any order`() throws {
        var options = Options()
        try options.set("port", "1")
        options.applyEnvironment(all: true, lookup: environment(["MUSTER_PORT": "2"]))
        try options.load(Array("port = 3".utf8), path: "a.toml")
        #expect(try options.get("port") == "1")
        #expect(try options.origin("port") == .set)

        try options.set("port", "")
        #expect(try options.get("port") == "2")
        #expect(try options.origin("port") == .environment(variable: "MUSTER_PORT"))

        options.applyEnvironment(all: true, lookup: environment(["MUSTER_PORT": " "]))
        #expect(try options.get("port") == "3")
        #expect(try options.origin("port") == .file(path: "a.toml", line: 1))

        try options.load(Array("port = ''".utf8), path: "b.toml")
        #expect(try options.get("port") == "7878")
        #expect(try options.origin("port") == .fallback)
    }

    @Test func `a later file overrides only what it names`() throws {
        var options = try loaded("port = 1\nlinks = 2")
        try options.load(Array("port = 4".utf8), path: "b.toml")
        #expect(try options.get("port") == "4")
        #expect(try options.get("links") == "2")
    }

    @Test func `the node id is read from the environment in every host, nothing else is`() throws {
        var options = try minimal()
        #expect(try options.settings().nodeId == nil)
        try options.load(Array("node.id = 'from-file'".utf8), path: "a.toml")
        #expect(try options.settings().nodeId == "from-file")
        options.applyEnvironment(
            all: false, lookup: environment(["MUSTER_NODE_ID": "from-environment", "MUSTER_PORT": "1"]))
        #expect(try options.settings().nodeId == "from-environment")
        #expect(try options.settings().port == 7878)
        try options.set("nodeId", "set")
        #expect(try options.settings().nodeId == "set")
        #expect(try options.get("name") == "set")
        #expect(try options.settings().name == nil)
    }

    @Test func `a bad variable is reported by name, unless it is overridden`() throws {
        var options = try minimal()
        options.applyEnvironment(all: true, lookup: environment(["MUSTER_PORT": "many"]))
        let message =
            "environment variable MUSTER_PORT: option 'port' cannot be 'many': "
            + "must be a whole number from 0 to 65535"
        #expect(complaint { () throws(OptionError) in _ = try options.settings() } == message)
        #expect(complaint { () throws(OptionError) in _ = try options.get("port") } == message)
        try options.set("port", "1")
        #expect(try options.settings().port == 1)
    }

    @Test func `a variable that is not UTF-8 is reported`() throws {
        var options = try minimal()
        options.applyEnvironment(all: false) { _ in [0xff, 0xfe] }
        #expect(
            complaint { () throws(OptionError) in _ = try options.settings() }
                == "environment variable MUSTER_NODE_ID: option 'node_id' is not UTF-8")
    }

    @Test func `the process's own environment is read`() throws {
        setenv("MUSTER_NODE_ID", "own", 1)
        defer { unsetenv("MUSTER_NODE_ID") }
        var options = Options()
        options.applyEnvironment(all: false)
        #expect(try options.get("node_id") == "own")
    }
}
