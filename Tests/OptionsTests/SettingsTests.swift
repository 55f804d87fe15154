import Testing

@testable import Options

@Suite("Settings")
struct SettingsTests {
    @Test func `have the documented defaults`() throws {
        let settings = try minimal().settings()
        #expect(settings.cluster == "orders")
        #expect(settings.nodeId == nil && settings.name == nil && settings.keys.isEmpty)
        #expect(settings.bind.bytes == [127, 0, 0, 1])
        #expect(settings.port == 7878 && settings.portRange == 100)
        #expect(settings.seeds.isEmpty && settings.advertise == nil)
        #expect(settings.multicast && !settings.insecure)
        #expect(settings.multicastGroup.bytes == [239, 255, 78, 78] && settings.multicastPort == 7879)
        #expect(settings.multicastInterface == nil && settings.multicastTtl == 1)
        #expect(settings.multicastIntervalNanoseconds == 5_000_000_000)
        #expect(settings.probeIntervalNanoseconds == 500_000_000)
        #expect(settings.probeTimeoutNanoseconds == 200_000_000)
        #expect(settings.suspicionMinNanoseconds == 1_000_000_000)
        #expect(settings.suspectMaxNanoseconds == 30_000_000_000)
        #expect(settings.tombstoneTimeNanoseconds == 3_600_000_000_000)
        #expect(settings.links == 3 && settings.eventQueue == 4096 && settings.dispatch == .thread)
        #expect(settings.control == nil && !settings.debug && settings.seedPort == 7878)
        #expect(settings.httpClusterManagerPath == "/cluster-manager")
        #expect(settings.failoverPosition == nil && settings.failoverExpect == nil)
        #expect(settings.failoverGraceNanoseconds == 1_000_000_000)
        #expect(settings.failoverUnresponsiveAfterNanoseconds == 1_500_000_000)
        #expect(settings.failoverDemoteTimeoutNanoseconds == 10_000_000_000)
        #expect(settings.failoverAuthority == .members)
    }

    @Test(
        arguments: [
            ([], 3), ([("failover.store", "etcd://h:1")], 3), ([("failover.store", "sqlite:x")], 3),
            ([("failover.store", "PostgreSQL://h/d")], 9), ([("failover.store", "odbc:DSN=x")], 9),
            ([("profile", "fast"), ("failover.store", "postgresql://h/d")], 1),
        ] as [([(String, String)], Int64)])
    func `have leases as long as where they are kept asks for`(values: [(String, String)], seconds: Int64)
        throws
    {
        let given =
            values + (values.contains { $0.0 == "failover.store" } ? [("failover.authority", "store")] : [])
        let settings = try minimal(given).settings()
        #expect(settings.failoverLeaseNanoseconds == seconds * 1_000_000_000)
        #expect(settings.failoverLongestLeaseNanoseconds == seconds * 1_000_000_000)
    }

    @Test(arguments: [("7878", "0", 7878), ("7878", "100", 7978), ("0", "100", 0), ("1", "65534", 65535)])
    func `listen beside each other on one machine`(port: String, offset: String, sum: UInt16) throws {
        let settings = try minimal([("port", port), ("port_offset", offset)]).settings()
        #expect(settings.port == sum && String(settings.seedPort) == port)
    }

    @Test func `have no port beyond the last`() throws {
        let options = try minimal([("port", "2"), ("port_offset", "65534")])
        #expect(
            complaint { () throws(OptionError) in _ = try options.settings() }
                == "options 'port' (2) and 'port_offset' are more than 65535 together")
    }

    @Test(arguments: [
        ("/cluster-manager/*", "/cluster-manager"), ("/a/b/", "/a/b"), ("/a-b_c.d~1", "/a-b_c.d~1"),
        ("/", nil), ("/*", nil), ("a", nil), ("/a b", nil), ("/a?b", nil), ("/a/*/b", nil),
        ("/" + String(repeating: "a", count: 128), nil),
    ])
    func `have paths that need no escapes`(text: String, path: String?) throws {
        var options = try minimal()
        _ = complaint { () throws(OptionError) in try options.set("rest.cluster-manager.path", text) }
        #expect(try options.settings().httpClusterManagerPath == path ?? "/cluster-manager")
    }

    @Test func `have the lists of voters in order`() throws {
        let settings = try minimal([
            ("failover.authority", "majority"), ("failover.voters", " a, b ,c ; a,b,c,d;a,b,d"),
        ]).settings()
        #expect(settings.failoverVoters == [["a", "b", "c"], ["a", "b", "c", "d"], ["a", "b", "d"]])
    }

    @Test(
        arguments: [
            [("failover.authority", "store")], [("failover.store", "sqlite:x")],
            [("failover.authority", "majority")], [("failover.voters", "a,b,c")],
            [("failover.authority", "store"), ("failover.store", "sqlite:x"), ("failover.quorum", "2")],
            [
                ("failover.authority", "store"), ("failover.store", "sqlite:x"), ("failover.on_lost", "exit"),
                ("failover.demote_timeout", "0ms"),
            ],
            [
                ("failover.authority", "store"), ("failover.store", "sqlite:x"), ("failover.lease", "5s"),
                ("failover.longest_lease", "4s"),
            ],
        ] as [[(String, String)]])
    func `are refused where they cannot keep the promise`(values: [(String, String)]) throws {
        let options = try minimal(values)
        #expect(throws: OptionError.self) { try options.settings() }
    }

    @Test func `take the values that were given`() throws {
        let settings = try minimal([
            ("dispatch", "Manual"), ("failover.secondary.position", "2"), ("failover.expect", "3"),
            ("advertise", "[2001:db8::1]:7900"), ("suspect.max", "1m"), ("key", base64Key), ("name", "Left"),
            ("control", "/run/orders.sock"), ("multicast", "off"), ("multicast_interface", "eth0"),
            ("state_dir", "/var/lib/orders"), ("seed_file", "seeds"),
        ]).settings()
        #expect(
            settings.dispatch == .manual && settings.failoverPosition == 2 && settings.failoverExpect == 3)
        #expect(settings.advertise?.port == 7900 && settings.advertise?.address.text == "2001:db8::1")
        #expect(settings.suspectMaxNanoseconds == 60_000_000_000)
        #expect(settings.keys == [keyBytes] && settings.name == "Left")
        #expect(settings.control == "/run/orders.sock" && !settings.multicast)
        #expect(settings.multicastInterface == "eth0")
        #expect(settings.stateDirectory == "/var/lib/orders" && settings.seedFile == "seeds")
    }

    @Test(
        arguments: [
            ([], "127.0.0.1"), ([("key", hexKey)], "0.0.0.0"), ([("insecure", "yes")], "0.0.0.0"),
            ([("insecure", "no")], "127.0.0.1"), ([("key_file", "/nowhere")], "0.0.0.0"),
            ([("key", hexKey), ("bind", "::1")], "::1"),
        ] as [([(String, String)], String)])
    func `bind to other hosts' reach only with a key or a word`(values: [(String, String)], bind: String)
        throws
    {
        #expect(try minimal(values).get("bind") == bind)
    }

    @Test(
        arguments: [
            (
                [("bind", "10.0.0.1")],
                "option 'bind' is '10.0.0.1', which other hosts can reach: "
                    + "give a 'key' or 'key_file', or say insecure=true"
            ),
            (
                [("probe_interval", "200ms")],
                "option 'probe_timeout' (200ms) must be below 'probe_interval' (200ms)"
            ),
            (
                [("bind", "::1"), ("multicast_group", "239.1.1.1")],
                "option 'multicast_group' (239.1.1.1) must be of the same family, IPv4 or IPv6, as 'bind' (::1)"
            ),
            (
                [("suspicion_min", "2m"), ("suspect_max", "1m")],
                "option 'suspect_max' (1m) must be at least 'suspicion_min' (2m)"
            ),
            (
                [("key", hexKey), ("key_file", "/etc/key")],
                "options 'key' and 'key_file' are both given: use one of them"
            ),
            (
                [("key", hexKey), ("keys", hexKey)],
                "options 'key' and 'keys' are both given: use one of them"
            ),
            (
                [("keys", hexKey), ("key_file", "/etc/key")],
                "options 'keys' and 'key_file' are both given: use one of them"
            ),
            (
                [("cluster", "")],
                "option 'cluster' is required: must be 1 to 64 bytes of UTF-8 (NFC) without control characters"
            ),
            (
                [("key_file", "/nowhere/key")],
                "option 'key_file': /nowhere/key cannot be read: No such file or directory"
            ),
        ] as [([(String, String)], String)])
    func `refuse what contradicts itself`(values: [(String, String)], message: String) throws {
        let options = try minimal(values)
        #expect(complaint { () throws(OptionError) in _ = try options.settings() } == message)
    }

    @Test func `speak to a group of the family they bind`() throws {
        let settings = try minimal([("bind", "::1")]).settings()
        #expect(settings.multicastGroup.text == "ff12::8000:7878")
        #expect(
            try minimal([("bind", "::1"), ("multicast_group", "ff05::1")]).settings().multicastGroup.bytes[1]
                == 5)
        #expect(
            try minimal([("bind", "::1"), ("multicast_group", "239.1.1.1"), ("multicast", "no")]).settings()
                .multicast == false)
    }

    @Test(arguments: ["10.0.0.1", "::"])
    func `bind anywhere with a key`(bind: String) throws {
        #expect(try minimal([("bind", bind), ("key", hexKey)]).settings().bind.text == bind)
        #expect(try minimal([("bind", bind), ("insecure", "1")]).settings().bind.text == bind)
    }
}
