import Testing

@testable import Options

@Suite("Values")
struct ValueTests {
    @Test(
        arguments: [
            ("500ms", 500_000_000), ("500", 500_000_000), ("1.5s", 1_500_000_000), ("2m", 120_000_000_000),
            ("1h", 3_600_000_000_000), ("7d", 604_800_000_000_000), ("0", 0), ("0.25 h", 900_000_000_000),
            ("0.000001ms", 1), ("1.50", 1_500_000), ("1.0000000000000000000000", 1_000_000),
            ("007s", 7_000_000_000),
        ] as [(String, Int64)])
    func `reads durations exactly`(text: String, nanoseconds: Int64) {
        #expect(parseDuration(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "s", "-1s", "+1s", "1.s", ".5s", "1e3", "1s2", "1 min", "0.0000001ms", "1,5s",
        "9223372036854775807",
        "99999999999999999999d", "9223372036855ms9", "inf", "nan", "٣s", "1s\u{301}", "106752d",
    ])
    func `refuses what is no duration`(text: String) {
        #expect(parseDuration(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0ms"), (1, "0.000001ms"), (1_500_000_000, "1500ms"), (60_000_000_000, "1m"),
            (.max, "9223372036854.775807ms"),
            (.min, "-9223372036854.775808ms"), (86_400_000_000_000, "1d"), (50_000, "0.05ms"),
        ] as [(Int64, String)])
    func `writes durations`(nanoseconds: Int64, text: String) {
        #expect(durationText(nanoseconds: nanoseconds) == text)
    }

    @Test(
        arguments: [
            ("127.0.0.1", [127, 0, 0, 1]), ("0.0.0.0", [0, 0, 0, 0]),
            ("255.255.255.255", [255, 255, 255, 255]),
            ("::", [UInt8](repeating: 0, count: 16)), ("::1", [UInt8](repeating: 0, count: 15) + [1]),
            ("1::", [0, 1] + [UInt8](repeating: 0, count: 14)),
            ("fe80::1%eth0", [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1:2:3::6:7:8", [0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 6, 0, 7, 0, 8]),
            ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
            ("::ffff:10.1.2.3", [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 1, 2, 3]),
        ] as [(String, [UInt8])])
    func `reads addresses`(text: String, bytes: [UInt8]) {
        #expect(HostAddress(text)?.bytes == bytes)
        #expect(HostAddress(text)?.text == text)
    }

    @Test(arguments: [
        "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", ":", ":::", ":1", "1:",
        "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "12345::", "g::",
        "[::1]", "127.0.0.1%lo",
        "fe80::1%", "fe80::1%a/b", "::-1", "1:2:3:4:5:6:7:1.2.3.4",
    ])
    func `refuses what is no address`(text: String) {
        #expect(HostAddress(text) == nil)
    }

    @Test(
        arguments: [
            ("db", "db", nil), ("db.example.com.:7900", "db.example.com.", 7900),
            ("10.0.0.1:1", "10.0.0.1", 1),
            ("[::1]:65535", "::1", 65535), ("[::1]", "::1", nil), ("fe80::1%eth0", "fe80::1%eth0", nil),
            ("a_b-c", "a_b-c", nil),
        ] as [(String, String, UInt16?)])
    func `reads seeds`(text: String, host: String, port: UInt16?) {
        #expect(Seed(text)?.host == host)
        #expect(Seed(text)?.port == port)
    }

    @Test(arguments: [
        "", ":1", "a:", "a:0", "a:65536", "a:+1", "a:1:2", "10.0.0.256", "1.2.3:5", "-a", "a..b", "a b",
        "[a]:1", "[::1", "[::1]x",
        "[::1]:", "ü.de", ".", "7878", String(repeating: "a", count: 64),
    ])
    func `refuses what is no seed`(text: String) {
        #expect(Seed(text) == nil)
    }

    @Test func `reads a list of seeds however it is separated`() throws {
        let settings = try minimal([("seeds", " a:1, b;c\t[::1]:2,, ;d ")]).settings()
        #expect(settings.seeds.map(\.host) == ["a", "b", "c", "::1", "d"])
        #expect(settings.seeds.map(\.port) == [1, nil, nil, 2, nil])
    }

    @Test(arguments: [hexKey, hexKey.uppercased(), base64Key])
    func `reads a key`(text: String) {
        #expect(parseKey(text) == keyBytes)
    }

    @Test(arguments: [
        "", "00", hexKey + "0", String(hexKey.dropLast()) + "g", String(repeating: "=", count: 44),
        String(base64Key.dropLast()) + "A", "=" + base64Key.dropLast(),
        // The same 32 bytes with a bit set that belongs to none of them.
        String(base64Key.dropLast(2)) + "9=", String(repeating: "é", count: 22),
        String(repeating: "é", count: 32),
    ])
    func `refuses what is no key`(text: String) {
        #expect(parseKey(text) == nil)
    }

    @Test func `reads a ring of keys in its order`() throws {
        let other = String(repeating: "ab", count: 32)
        let ring = [[UInt8](repeating: 0xab, count: 32), keyBytes]
        #expect(try minimal([("keys", " \(other), \(base64Key);\n")]).settings().keys == ring)
        #expect(try minimal([("keys", hexKey)]).settings().keys == [keyBytes])
        var options = try loaded("cluster = 'a'\nkeys = ['\(other)', '\(hexKey)']")
        #expect(try options.settings().keys == ring)
        #expect(try options.get("keys") == "(set)")
        try options.set("keys", base64Key)
        #expect(try options.settings().keys == [keyBytes])
    }

    @Test(arguments: [
        // One twice, one too short, none, nine of them.
        "\(hexKey) \(base64Key)", "\(hexKey),\(hexKey.dropLast())", ",",
        (0..<9).map { String(repeating: "0\($0)", count: 32) }.joined(separator: ","),
    ])
    func `refuses what is no ring`(text: String) {
        #expect(parseKeys(text) == nil)
    }

    @Test(arguments: [
        ("port", "70000", "option 'port' cannot be '70000': must be a whole number from 0 to 65535"),
        ("port", "-1", "option 'port' cannot be '-1': must be a whole number from 0 to 65535"),
        (
            "probe_interval", "10ms",
            "option 'probe_interval' cannot be '10ms': must be a duration from 50ms to 1m "
                + "(500ms, 1.5s, 2m, 1h, 7d; a bare number is milliseconds)"
        ),
        (
            "multicast", "maybe",
            "option 'multicast' cannot be 'maybe': must be true or false (also yes, no, on, off, 1, 0)"
        ),
        ("dispatch", "fiber", "option 'dispatch' cannot be 'fiber': must be thread or manual"),
        (
            "failover.authority", "paxos",
            "option 'failover.authority' cannot be 'paxos': must be members or store or majority"
        ),
        (
            "failover.voters", "a,b",
            "option 'failover.voters' cannot be 'a,b': must be lists of 3 to 15 different node ids, separated by comma; of two "
                + "lists with ';' between them the second has one id more or less"
        ),
        (
            "failover.store", "no-url-with-secret",
            "option 'failover.store' cannot be the value given (18 bytes, not shown): must be a URL of at most 2048 bytes: "
                + "sqlite:PATH, postgresql://HOST/DATABASE, etcd://HOST:PORT or odbc:DSN=NAME"
        ),
        ("bind", "eth0", "option 'bind' cannot be 'eth0': must be an IPv4 or IPv6 address"),
        (
            "seeds", "a:1, b:99999, c",
            "option 'seeds' cannot hold 'b:99999': "
                + "must be a list of host, host:port or [v6]:port, at most 256 of them"
        ),
        ("clustr", "x", "unknown option 'clustr'; did you mean 'cluster'?"),
        ("zzzzzz", "x", "unknown option 'zzzzzz'"),
        (
            "failover.slave.position", "x",
            "option 'failover.slave.position' cannot be 'x': must be a whole number from 0 to 1000000"
        ),
        (
            "cluster", "a\u{1b}[31mb",
            "option 'cluster' cannot be 'a?[31mb': must be 1 to 64 bytes of UTF-8 (NFC) without control characters"
        ),
    ])
    func `says what is wrong`(key: String, text: String, message: String) {
        var options = Options()
        #expect(complaint { () throws(OptionError) in try options.set(key, text) } == message)
    }

    @Test(arguments: [
        ("advertise", "0.0.0.0"), ("advertise", "[::]:1"), ("advertise", "host"),
        ("advertise", "fe80::1%eth0"),
        ("multicast_group", "10.0.0.1"), ("multicast_group", "fe80::1"), ("multicast_group", "ff02::1%eth0"),
        ("multicast_port", "0"),
        ("multicast_ttl", "256"),
        ("multicast_interface", "a/b"), ("bind", "239.1.1.1"),
        ("control", String(repeating: "p", count: 108)),
        ("control", "a\u{0}b"), ("node_id", String(repeating: "n", count: 65)), ("links", "17"),
        ("event_queue", "15"),
        ("seeds", String(repeating: "a ", count: 257)),
    ])
    func `refuses what its option cannot be`(key: String, text: String) throws {
        var options = Options()
        let message = try #require(complaint { () throws(OptionError) in try options.set(key, text) })
        #expect(message.contains("'\(key)'") && message.utf8.count < 400)
    }

    @Test func `never shows a secret`() throws {
        var options = Options()
        let secret = "correct horse battery staple"
        let message = try #require(complaint { () throws(OptionError) in try options.set("key", secret) })
        #expect(!message.contains("horse") && message.contains("'key'"))
        #expect(try options.get("key") == "")
        let keys = try #require(complaint { () throws(OptionError) in try options.set("keys", secret) })
        #expect(!keys.contains("horse") && keys.contains("'keys'"))
        try options.set("key", hexKey)
        try options.set("cluster", "orders")
        #expect(try options.get("key") == "(set)")
        #expect(!"\(try options.settings())".contains("1, 35"))
    }
}
