import Testing

@testable import Options

/// What becomes of keys that are not options.
@Suite("Files of other programs")
struct ForeignFileTests {
    private func error(_ content: String, _ path: String) -> String? {
        var options = Options()
        return complaint { () throws(OptionError) in try options.load(Array(content.utf8), path: path) }
    }

    @Test(arguments: [
        ("a=1\nport=2", "/x/bootstrap.properties", FileKind.interlok),
        ("managementComponents=jmx\nport=2", "a.properties", .interlok),
        ("adapterConfigUrl=file:a\nport=2", "a.properties", .interlok),
        ("jboss.node.name=a\nport=2", "a.properties", .jboss),
        ("port=2", "a.properties", .own),
        ("port=2", "not-bootstrap.properties", .own),
        ("port=2", "/etc/deployment.toml", .microIntegrator),
        ("port=2\n[cluster_config]\nnode_id='a'", "a.toml", .microIntegrator),
        ("port=2\n[task_handling]\nresolving_period=2", "a.toml", .microIntegrator),
        ("port=2\n[[datasource]]\nid='x'", "a.toml", .microIntegrator),
        ("port=2", "deployment.tml", .own),
    ])
    func `are known by name or by what they hold`(content: String, path: String, kind: FileKind) throws {
        var reading = FileReading(path)
        reading.read(Array(content.utf8))
        #expect(reading.kind == kind)
        #expect(reading.found[.port]??.text == "2", "\(reading.report.errors)")
    }

    @Test func `keep what is their own`() throws {
        let options = try loaded(
            "managementComponents=jetty:cluster\nwebServerConfigUrl=x\nclusterName=a\nrest.health-check.path=/h\n",
            as: "bootstrap.properties")
        #expect(try options.get("cluster") == "a")
        let toml = try loaded(
            "[server]\nsince = 1979-05-27\nnested = [[1], ['a']]\n[[a.b]]\nport = 'x'\n[[a.b]]\nkey = 1",
            as: "deployment.toml")
        #expect(try toml.get("port") == "7878")
    }

    @Test(arguments: [
        (
            "\nfailover.multicast.grp=1", "bootstrap.properties",
            "bootstrap.properties:2: unknown option 'failover.multicast.grp'; did you mean 'failover.multicast.group'?"
        ),
        (
            "ClusterName=a", "bootstrap.properties",
            "bootstrap.properties:1: unknown option 'ClusterName'; did you mean 'clusterName'?"
        ),
        (
            "[cluster_config]\nnode_di = 'a'", "deployment.toml",
            "deployment.toml:2: unknown option 'cluster_config.node_di'; did you mean 'cluster_config.node_id'?"
        ),
        (
            "[task_handling]\nresolving_priod = 2", "deployment.toml",
            "deployment.toml:2: unknown option 'task_handling.resolving_priod'; did you mean 'task_handling.resolving_period'?"
        ),
        (
            "HeartBeatMaxRetry = 5", "deployment.toml",
            "deployment.toml:1: unknown option 'HeartBeatMaxRetry'; did you mean 'heartbeatMaxRetry'?"
        ),
        (
            "[[task_resolver]]\ntask_node = 'a'", "deployment.toml",
            "deployment.toml:2: unknown option 'task_resolver.task_node'; did you mean 'task_resolver.task_nodes'?"
        ),
        (
            "clustr = 'a'", "deployment.toml",
            "deployment.toml:1: unknown option 'clustr'; did you mean 'cluster'?"
        ),
        (
            "failover.socket.mode=udp", "a.properties",
            "a.properties:1: option 'failover.socket.mode' cannot be 'udp': must be tcp or multicast"
        ),
        (
            "failover.socket.mode=JGroups", "a.properties",
            "a.properties:1: option 'failover.socket.mode' cannot be 'jgroups', which is not here: use tcp and name the "
                + "others by 'failover.tcp.peers', or multicast"
        ),
        (
            "failover.jgroups.cluster.name=x", "a.properties",
            "a.properties:1: option 'failover.jgroups.cluster.name' is for JGroups, which is not here: use "
                + "failover.socket.mode=tcp and name the others by 'failover.tcp.peers', or failover.socket.mode=multicast"
        ),
        (
            "failover.ping.interval.seconds=0", "a.properties",
            "a.properties:1: option 'failover.ping.interval.seconds' cannot be '0': must be a whole number of seconds "
                + "from 1 to 60"
        ),
        (
            "failover.delay=10\nfailover.retries=5", "a.properties",
            "a.properties:1: option 'failover.delay' cannot be '10': must be a whole number of milliseconds from 250 to "
                + "60000"
        ),
        (
            "failover.instance.timeout.seconds=8\nfailover.ping.interval.seconds=3", "a.properties",
            "a.properties:1: 'failover.instance.timeout.seconds' (8s) is shorter than three pings "
                + "('failover.ping.interval.seconds', 3s): one that is lost must not look like a death; give at least 9"
        ),
        (
            "failover.retries=2", "a.properties",
            "a.properties:1: 'failover.retries' (2) is shorter than three pings ('failover.delay', 1s): one that is "
                + "lost must not look like a death; give at least 3"
        ),
        (
            "failover.delay=60000\nfailover.retries=6", "a.properties",
            "a.properties:2: 'failover.delay' times 'failover.retries' is 6m: at most 5m are possible"
        ),
        (
            "failover.ping.interval.seconds=3\nfailover.ping.interval.seconds=4", "a.properties",
            "a.properties:2: 'failover.ping.interval.seconds' (line 1) and 'failover.ping.interval.seconds' are the same "
                + "option and have different values"
        ),
        (
            "probe_interval=1s\nfailover.ping.interval.seconds=3", "a.properties",
            "a.properties:2: 'probe_interval' (line 1) and 'failover.ping.interval.seconds' are the same option and have "
                + "different values"
        ),
        (
            "failover.tcp.host=10.0.0.256", "a.properties",
            "a.properties:1: option 'failover.tcp.host' cannot be '10.0.0.256': must be an address, address:port or "
                + "[v6]:port that other hosts can reach"
        ),
        (
            "[cluster_config]\nnode_id = 'n-$env{HOSTNAME}'", "deployment.toml",
            "deployment.toml:2: option 'cluster_config.node_id' has a placeholder, which only WSO2 fills in: write the "
                + "value, or give the option in another place"
        ),
    ])
    func `have faults that are named with their line`(content: String, path: String, message: String) {
        #expect(error(content, path) == message)
    }

    @Test(arguments: [
        ("failover.socket.mode=TCP", false, 7878), ("failover.socket.mode = Multicast", true, 7878),
        ("failover.socket.mode=tcp\nfailover.tcp.port=1", false, 1), ("failover.tcp.port=1", true, 1),
        ("failover.tcp.port=1\nfailover.socket.mode=multicast", true, 7878),
    ])
    func `choose how the others are reached`(content: String, multicast: Bool, port: UInt16) throws {
        let settings = try loaded("cluster=a\n" + content, as: "a.properties").settings()
        #expect(settings.multicast == multicast && settings.port == port)
    }

    @Test func `take a time-out without a ping, and a ping without a time-out`() throws {
        var settings = try loaded("cluster=a\nfailover.instance.timeout.seconds=10", as: "a.properties")
            .settings()
        #expect(settings.probeIntervalNanoseconds == 500_000_000)
        #expect(settings.suspicionMinNanoseconds == 10_000_000_000)
        settings = try loaded("cluster=a\nfailover.ping.interval.seconds=2", as: "a.properties").settings()
        #expect(settings.probeIntervalNanoseconds == 2_000_000_000)
        #expect(settings.suspectMaxNanoseconds == 20_000_000_000)
        // Ours, where a node that is silent for 300 ms cannot be one that stands still for long.
        settings = try loaded("cluster=a\nfailover.delay=250\nfailover.retries=3", as: "a.properties")
            .settings()
        #expect(settings.suspicionMinNanoseconds == 750_000_000)
        #expect(settings.suspectMaxNanoseconds == 1_000_000_000)
    }

    @Test func `say what they became`() throws {
        let options = try loaded(
            "adapterConfigUrl=x\nclusterName=a\nport=1\nclusterConfig=c.xml\nfailover.instance.timeout.seconds=9\n"
                + "failover.tcp.host=db.example.com",
            as: "bootstrap.properties")
        #expect(
            options.notes == [
                "bootstrap.properties:2: 'clusterName' is read as cluster=a",
                "bootstrap.properties:4: 'clusterConfig' is left alone: nothing like it is needed here",
                "bootstrap.properties:5: 'failover.instance.timeout.seconds' is read as suspicion_min=9s, suspect_max=9s, "
                    + "failover.unresponsive_after=9s",
                "bootstrap.properties:6: 'failover.tcp.host' is left alone: it is a name, and the node tells the others "
                    + "the address it has; give 'advertise' an address for another",
                "bootstrap.properties: 1 other key is Interlok's, and left alone",
                "bootstrap.properties: it gives no key: without one the node listens on 127.0.0.1 only; 'muster keygen' "
                    + "makes one for 'key_file'",
            ])
        #expect(try loaded("cluster = 'a'\nport = 1").notes.isEmpty)
    }

    @Test func `name all their mistakes at once, and never too many`() {
        var reading = FileReading("a.toml")
        reading.read(Array("prot = 1\ncluster = 'a'\nlinks = 99\nseed = 'x y'".utf8))
        #expect(
            reading.report.errors.map { $0.message.prefix { $0 != " " } } == [
                "a.toml:1:", "a.toml:3:", "a.toml:4:",
            ])
        #expect(reading.report.findings.map(\.key) == ["cluster"])
        reading = FileReading("a.properties")
        reading.read(Array(String(repeating: "a=1\n", count: 1000).utf8))
        #expect(reading.report.errors.count == 20)
    }

    @Test func `show no secret`() throws {
        let secret = "correct horse"
        for content in [
            "key = '\(hexKey)'\n[[datasource]]\nid = 'WSO2_COORDINATION_DB'\nurl = 'jdbc:postgresql://h/d?password=\(secret)'\n"
                + "username = 'u'\npassword = '\(secret)'",
            "[[datasource]]\nid = 'WSO2_COORDINATION_DB'\nurl = 'jdbc:oracle:thin:u/\(secret)@h'",
            "[[datasource]]\nid = 'WSO2_COORDINATION_DB'\nurl = 'jdbc:mysql://h/d'\npassword = '\(secret);'",
            "[[datasource]]\nid = 'x'\npassword = '\(secret)'",
        ] {
            var reading = FileReading("deployment.toml")
            reading.read(Array(content.utf8))
            let told = String(describing: reading.report)
            #expect(!told.contains("horse") && !told.contains("9abcdef"))
        }
    }
}
