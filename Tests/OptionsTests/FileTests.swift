import Foundation
import Testing

@testable import Options

@Suite("Files")
struct FileTests {
    @Test func `TOML with tables, arrays and every kind of value`() throws {
        let options = try loaded(
            """
            # The whole of it.
            clusterName = "orders ü"
            port = 0x1F40
            multicast = false
            probe_interval = 1500.5
            seeds = ["a:1", 'b', "[::1]:2"]
            failover.grace = "2s"
            [failover.multicast]
            group = "239.1.2.3"
            [suspect]
            max = "1m"
            """)
        let settings = try options.settings()
        #expect(settings.cluster == "orders ü" && settings.port == 8000 && !settings.multicast)
        #expect(settings.probeIntervalNanoseconds == 1_500_500_000)
        #expect(settings.seeds.map(\.host) == ["a", "b", "::1"])
        #expect(settings.failoverGraceNanoseconds == 2_000_000_000)
        #expect(settings.multicastGroup.text == "239.1.2.3")
        #expect(settings.suspectMaxNanoseconds == 60_000_000_000)
        #expect(try options.origin("suspect_max") == .file(path: "muster.toml", line: 11))
    }

    @Test func `properties with comments, escapes and continued lines`() throws {
        let content =
            "\u{feff}# one\r\n! two \\\r\n\r\n  clusterName = or\\u0064ers \\ud83d\\ude00 \r"
            + "seeds=a\\:1,\\\n    b:2\nfailover.position: 3\nname=C\\:\\\\x\\q\n\nmulticast="
        let options = try loaded(content, as: "old.properties")
        let settings = try options.settings()
        #expect(settings.cluster == "orders 😀")
        #expect(settings.seeds.map(\.host) == ["a", "b"] && settings.failoverPosition == 3)
        #expect(settings.name == "C:\\xq" && settings.multicast)
        #expect(try options.origin("failover.position") == .file(path: "old.properties", line: 7))
    }

    @Test(arguments: [
        ("port = 1\nclustr = 'x'", "t.toml", "t.toml:2: unknown option 'clustr'; did you mean 'cluster'?"),
        (
            "[failover]\npositoin = 1", "t.toml",
            "t.toml:2: unknown option 'failover.positoin'; did you mean 'failover.position'?"
        ),
        (
            "\nport = 'x'", "t.toml",
            "t.toml:2: option 'port' cannot be 'x': must be a whole number from 0 to 65535"
        ),
        ("port = [1, 2]", "t.toml", "t.toml:1: option 'port' takes one value, not a list"),
        ("port = 1979-05-27", "t.toml", "t.toml:1: option 'port' takes a text, a number or a truth value"),
        ("seeds = [['a']]", "t.toml", "t.toml:1: option 'seeds' takes a text, a number or a truth value"),
        ("a.a.a.a.a.a.a.a.a.a = 1", "t.toml", "t.toml:1: a key has too many parts"),
        (
            "cluster = 'a'\n\nclusterName = 'b'", "t.toml",
            "t.toml:3: 'cluster' (line 1) and 'clusterName' are the same option and have different values"
        ),
        (
            "port=1\nport=2", "t.properties",
            "t.properties:2: 'port' (line 1) and 'port' are the same option and have different values"
        ),
        (
            "port=1\nclustr=x", "t.properties",
            "t.properties:2: unknown option 'clustr'; did you mean 'cluster'?"
        ),
        ("# x\nport", "t.properties", "t.properties:2: expected key=value"),
        ("name=\\u12", "t.properties", "t.properties:1: not UTF-8, or not a sound escape"),
        ("name=\\ud800x", "t.properties", "t.properties:1: not UTF-8, or not a sound escape"),
    ])
    func `name the line and the fault`(content: String, path: String, message: String) {
        var options = Options()
        let found = complaint { () throws(OptionError) in try options.load(Array(content.utf8), path: path) }
        #expect(found == message)
    }

    @Test func `two spellings with one meaning agree`() throws {
        let options = try loaded("suspect_max = 60000\nsuspect.max = '1m'")
        #expect(try options.get("suspect_max") == "60000")
    }

    @Test(arguments: [
        "key = \(hexKey)", "key = 1\(hexKey)x", "key: '\(hexKey)", "key = \"\(hexKey)", "key = [\(hexKey)]",
        "key = 123456789012345678901234567890", "key = 1.\(hexKey)", "key = '\(hexKey)x'", "\(hexKey)",
    ])
    func `never show a secret in an error`(content: String) throws {
        for path in ["t.toml", "t.properties"] {
            var options = Options()
            let found = complaint { () throws(OptionError) in
                try options.load(Array(content.utf8), path: path)
            }
            #expect(found?.contains("9abcdef") != true && found?.contains("56789012") != true)
        }
    }

    @Test func `are taken whole or not at all`() throws {
        var options = try loaded("port = 1")
        _ = complaint { () throws(OptionError) in
            try options.load(Array("port = 2\nlinks = 99".utf8), path: "b.toml")
        }
        #expect(try options.get("port") == "1")
    }

    @Test func `are read from disk, within limits`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "muster-options-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ content: String) throws -> String {
            let url = folder.appending(path: name)
            try Data(content.utf8).write(to: url)
            return url.path
        }

        var options = try minimal()
        try options.loadFile(try file("a.toml", "port = 1\nkey_file = '\(folder.path)/key'"))
        #expect(try options.get("port") == "1")

        let other = String(repeating: "ab", count: 32)
        let otherBytes = [UInt8](repeating: 0xab, count: 32)
        _ = try file("key", "# since May\r\n\(base64Key) \r\n\n\(other)\n")
        #expect(try options.settings().keys == [keyBytes, otherBytes])
        _ = try file("key", base64Key)
        #expect(try options.settings().keys == [keyBytes])
        for content in [
            "", "# none\n", "\(base64Key)\n\(hexKey)\n", "\(base64Key) \(other)\n", "\(other)\nanything",
        ] {
            _ = try file("key", content)
            let message = complaint { () throws(OptionError) in _ = try options.settings() }
            #expect(message?.contains("/key must have a key on each line") == true)
        }
        for (count, isRight) in [(8, true), (9, false)] {
            _ = try file(
                "key", (0..<count).map { String(repeating: "0\($0)", count: 32) }.joined(separator: "\n"))
            #expect((try? options.settings().keys.count) == (isRight ? count : nil))
        }
        _ = try file("key", "not a key: correct horse\n")
        let message = try #require(complaint { () throws(OptionError) in _ = try options.settings() })
        #expect(message.contains("/key must have a key on each line") && !message.contains("horse"))

        let large = try file("large.toml", String(repeating: "#", count: Options.largestFile + 1))
        #expect(
            complaint { () throws(OptionError) in try options.loadFile(large) }
                == "\(large) is larger than 1048576 bytes")
        let full = try file("full.toml", String(repeating: "#", count: Options.largestFile))
        try options.loadFile(full)

        mkfifo(folder.path + "/pipe", 0o600)
        for (path, reason) in [
            (folder.path, "is not a regular file"), (folder.path + "/pipe", "is not a regular file"),
            (folder.path + "/none", "cannot be read: No such file or directory"),
        ] {
            #expect(complaint { () throws(OptionError) in try options.loadFile(path) } == "\(path) \(reason)")
        }
        #expect(complaint { () throws(OptionError) in try options.loadFile("") } == " is no path")
        #expect(
            complaint { () throws(OptionError) in try options.loadFile("/dev/zero") }
                == "/dev/zero is not a regular file")
    }
}
