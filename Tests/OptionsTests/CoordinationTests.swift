import Testing

@testable import Options

/// The database and the other settings by which WSO2 Micro Integrator coordinates.
@Suite("WSO2's coordination")
struct CoordinationTests {
    private func database(_ url: String, user: String = "u", password: String = "p") -> String {
        "[[datasource]]\nid = 'other'\nurl = 'jdbc:h2:x'\n[[datasource]]\nid = 'WSO2_COORDINATION_DB'\n"
            + "url = '\(url)'\nusername = '\(user)'\npassword = '\(password)'\n"
    }

    @Test(arguments: [
        ("jdbc:postgresql://h:1/d", "postgresql://u:p@h:1/d"),
        ("jdbc:postgresql://h1:1,h2:2/d", "postgresql://u:p@h1:1,h2:2/d"),
        ("jdbc:postgresql:d", "postgresql://u:p@localhost/d"),
        ("JDBC:PostgreSQL:///d", "postgresql://u:p@localhost/d"),
        (
            "jdbc:postgresql://h/d?sslmode=require&loginTimeout=2&currentSchema=s",
            "postgresql://u:p@h/d?sslmode=require&options=-csearch_path%3Ds"
        ),
        ("jdbc:postgresql://h/d?ssl=true", "postgresql://u:p@h/d?sslmode=verify-full"),
        ("jdbc:postgresql://h/d?ssl=false", "postgresql://u:p@h/d"),
        (
            "jdbc:mysql://h:1/d?autoReconnect=true&useSSL=false",
            "odbc:DRIVER={MariaDB Unicode};SERVER=h;PORT=1;DATABASE=d;UID=u;PWD=p;CONN_TIMEOUT=2;READ_TIMEOUT=2;WRITE_TIMEOUT=2"
        ),
        (
            "jdbc:mariadb://h/d?sslMode=VERIFY_CA&amp;useSSL=true",
            "odbc:DRIVER={MariaDB Unicode};SERVER=h;PORT=3306;DATABASE=d;UID=u;PWD=p;CONN_TIMEOUT=2;READ_TIMEOUT=2;"
                + "WRITE_TIMEOUT=2;FORCETLS=1;SSLVERIFY=1"
        ),
    ])
    func `is kept in the same database`(url: String, store: String) throws {
        let settings = try loaded(database(url), as: "deployment.toml").settings()
        #expect(settings.failoverStore == store && settings.seedStore == store)
        #expect(settings.failoverAuthority == .store && settings.cluster == "default")
    }

    @Test func `escapes who asks`() throws {
        let mixed = try loaded(
            database("jdbc:postgresql://h/d", user: "a@b", password: "p:/ü"), as: "deployment.toml")
        #expect(try mixed.settings().failoverStore == "postgresql://a%40b:p%3A%2F%C3%BC@h/d")
        let inside = try loaded(
            "[[datasource]]\nid = 'WSO2_COORDINATION_DB'\nurl = 'jdbc:postgresql://h/d?user=a%40b&password=%2g'",
            as: "deployment.toml")
        #expect(try inside.settings().failoverStore == "postgresql://a%40b:%252g@h/d")
    }

    @Test(arguments: [
        ("jdbc:sqlserver://h:1433;databaseName=d", "odbc:DRIVER={ODBC Driver 18 for SQL Server}"),
        ("jdbc:oracle:thin:@h:1521/x", "odbc:DRIVER={Oracle}"),
        ("jdbc:db2://h:50000/d", "odbc:DRIVER={IBM DB2 ODBC DRIVER}"), ("jdbc:h2:./x", "sqlite:PATH"),
        ("jdbc:mysql:loadbalance://a,b/d", "one server"), ("jdbc:mysql://a,b/d", "one server"),
        ("jdbc:mysql://h/a;b", "odbc:DSN=NAME"), ("jdbc:firebird://h/d", "jdbc:postgresql:"),
        ("postgresql://h/d", "jdbc:"), ("$ref{db}", "placeholder"),
    ])
    func `says what to write instead`(url: String, hint: String) {
        var options = Options()
        let found = complaint { () throws(OptionError) in
            try options.load(Array(database(url).utf8), path: "deployment.toml")
        }
        #expect(found?.hasPrefix("deployment.toml:6: option 'datasource[1].url' ") == true)
        #expect(found?.contains(hint) == true, "\(found ?? "")")
    }

    @Test func `a data source needs an address`() {
        var options = Options()
        let found = complaint { () throws(OptionError) in
            try options.load(
                Array("[[datasource]]\nid = 'WSO2_COORDINATION_DB'".utf8), path: "deployment.toml")
        }
        #expect(found == "deployment.toml:2: data source 'WSO2_COORDINATION_DB' has no 'url'")
    }

    @Test func `a store in our own words comes first`() throws {
        let settings = try loaded(
            "failover.store = 'sqlite:a'\nfailover.authority = 'store'\ncluster = 'a'\n"
                + database("jdbc:oracle:thin:@h"), as: "deployment.toml"
        ).settings()
        #expect(settings.failoverStore == "sqlite:a" && settings.seedStore == nil)
    }

    @Test func `what follows gives way to what is said`() throws {
        var options = try loaded("cluster = 'orders'\nfailover.authority = 'members'")
        let bytes = Array(database("jdbc:postgresql://h/d").utf8)
        try options.load(bytes, path: "deployment.toml")
        #expect(try options.get("cluster") == "orders" && options.get("failover.authority") == "members")
        let named = try loaded(
            "localGroupId = 'g'\n" + database("jdbc:postgresql://h/d"), as: "deployment.toml")
        #expect(try named.settings().cluster == "g")
    }

    @Test func `heartbeats are the lease, and how soon a node is given up`() throws {
        let settings = try loaded(
            database("jdbc:postgresql://h/d")
                + "[system.parameter]\nheartBeatInterval = 4000\nheartbeatMaxRetry = 5\nlocalGroupId = 'g'\n",
            as: "deployment.toml"
        ).settings()
        #expect(settings.failoverLeaseNanoseconds == 20_000_000_000)
        #expect(settings.probeIntervalNanoseconds == 4_000_000_000)
        #expect(settings.suspicionMinNanoseconds == 20_000_000_000 && settings.cluster == "g")
    }

    @Test func `the resolver's first table counts`() throws {
        var reading = FileReading("deployment.toml")
        reading.read(
            Array(
                ("[task_handling]\nresolver_class = 'TaskNodeResolver'\nresolving_period = 6\n"
                    + "enable_task_delete_barrier = true\n"
                    + "[[task_resolver]]\ntask_nodes = 'a,b'\n[[task_resolver]]\ntask_nodes = 'c'\n").utf8))
        #expect(reading.report.errors.isEmpty)
        #expect(reading.found[.tasksNodes]??.text == "a,b")
        #expect(reading.found[.tasksResolvingPeriod]??.text == "6s")
        #expect(
            reading.report.notes.contains(
                "deployment.toml:8: 'task_resolver[1].task_nodes' is left alone: only the first of these tables is read"
            ))
    }

    @Test func `the node's id is looked for as WSO2 does`() throws {
        let environment = { (values: [String: String]) in
            { (name: String) in values[name].map { Array($0.utf8) } }
        }
        let file = "cluster = 'a'\n[cluster_config]\nnode_id = 'file'"
        var options = try loaded(file, as: "deployment.toml")
        #expect(try options.settings().nodeId == "file")
        options.applyEnvironment(all: false, lookup: environment(["nodeId": "theirs"]))
        #expect(try options.settings().nodeId == "theirs")
        #expect(try options.origin("node_id") == .environment(variable: "nodeId"))
        options.applyEnvironment(
            all: false, lookup: environment(["nodeId": "theirs", "MUSTER_NODE_ID": "ours"]))
        #expect(try options.settings().nodeId == "ours")
        options.applyEnvironment(all: false, lookup: environment(["nodeId": ""]))
        #expect(try options.settings().nodeId == "file")
        try options.set("node_id", "set")
        #expect(try options.settings().nodeId == "set")
        // No other host is asked for a variable of such a common name.
        options = try loaded("cluster = 'a'\nnode_id = 'file'")
        options.applyEnvironment(all: true, lookup: environment(["nodeId": "theirs"]))
        #expect(try options.settings().nodeId == "file")
    }
}
