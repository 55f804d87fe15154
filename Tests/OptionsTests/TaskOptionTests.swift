import Testing

@testable import Options

@Suite("Options of tasks")
struct TaskOptionTests {
    @Test func `have the documented defaults`() throws {
        let settings = try minimal().settings()
        #expect(
            settings.tasksResolver == .single && settings.tasksNodes.isEmpty && settings.tasksLabels.isEmpty)
        #expect(settings.tasksServerCount == 1 && settings.tasksServerGraceNanoseconds == 0)
        #expect(settings.tasksMovesPerMinute == 60 && settings.tasksWeight == 1)
        #expect(settings.tasksResolvingPeriodNanoseconds == 2_000_000_000)
        #expect(settings.tasksResolvingFrequency == 5)
    }

    @Test(
        arguments: [
            ("single", .single), ("Round-Robin", .roundRobin), ("least-loaded", .leastLoaded),
            ("host", .host),
            ("ActivePassiveResolver", .single), ("RoundRobinResolver", .roundRobin),
            ("org.wso2.micro.integrator.ntask.coordination.task.resolver.ActivePassiveResolver", .single),
            (" org.wso2.micro.integrator.ntask.coordination.task.resolver.RoundRobinResolver ", .roundRobin),
        ] as [(String, Settings.TaskResolver)])
    func `name a resolver in the ways of both houses`(text: String, resolver: Settings.TaskResolver) throws {
        #expect(try minimal([("tasks.resolver", text)]).settings().tasksResolver == resolver)
        #expect(try minimal([("resolver_class", text)]).settings().tasksResolver == resolver)
    }

    @Test func `take what the reference's files say`() throws {
        let settings = try loaded(
            """
            cluster = "orders"
            resolver_class = "org.wso2.micro.integrator.ntask.coordination.task.resolver.TaskNodeResolver"
            task_nodes = "node-1,node-2 ,node-3,node-1,"
            resolving_period = "6s"
            resolving_frequency = 3
            """
        ).settings()
        #expect(settings.tasksResolver == .nodes)
        #expect(settings.tasksNodes == ["node-1", "node-2", "node-3", "node-1"])
        #expect(settings.tasksResolvingPeriodNanoseconds == 6_000_000_000)
        #expect(settings.tasksResolvingFrequency == 3)
        let counted = try minimal([("resolver_class", "RoundRobinResolver"), ("task_server_count", "3")])
        #expect(try counted.settings().tasksServerCount == 3)
    }

    @Test func `take labels in any order and as a list`() throws {
        let settings = try loaded("cluster = 'a'\n[tasks]\nlabels = ['ssd', ' gpu ', 'ssd']\nweight = 3")
            .settings()
        #expect(settings.tasksLabels == ["gpu", "ssd"] && settings.tasksWeight == 3)
        #expect(try minimal([("tasks.labels", " ssd,,gpu")]).settings().tasksLabels == ["gpu", "ssd"])
    }

    @Test(
        arguments: [
            ("tasks.nodes", ","), ("tasks.nodes", " , ,"), ("tasks.nodes", "a,b\u{7}"),
            ("tasks.nodes", String(repeating: "n", count: 65)),
            ("tasks.nodes", Array(repeating: "n", count: 1001).joined(separator: ",")),
            ("tasks.labels", (0...16).map { "l\($0)" }.joined(separator: ",")),
            ("tasks.server_count", "0"), ("tasks.server_count", "-1"), ("tasks.server_count", "two"),
            ("tasks.server_grace", "-1s"), ("tasks.moves_per_minute", "-1"), ("tasks.weight", "0"),
            ("tasks.weight", "1001"), ("resolving_period", "2"), ("resolving_frequency", "0"),
            ("tasks.resolver", "com.example.ActivePassiveResolver"), ("tasks.resolver", "RoundRobin"),
        ])
    func `refuse what they cannot be`(key: String, text: String) throws {
        var options = Options()
        let message = try #require(complaint { () throws(OptionError) in try options.set(key, text) })
        #expect(message.contains("'\(key)'") && message.utf8.count < 400)
    }

    @Test func `say what names are taken`() {
        var options = Options()
        #expect(
            complaint { () throws(OptionError) in try options.set("task_nodes", ",") }
                == "option 'task_nodes' cannot be ',': must be a list of 1 to 1000 names of at most 64 bytes, "
                + "separated by comma")
        #expect(
            complaint { () throws(OptionError) in try options.set("tasks.resolver", "x") }
                == "option 'tasks.resolver' cannot be 'x': must be single or round-robin or nodes or least-loaded or "
                + "rendezvous or host")
    }

    @Test(
        arguments: [
            ([("task_server_count", "3")], "tasks.server_count", "single"),
            ([("tasks.server_grace", "3s")], "tasks.server_grace", "single"),
            ([("tasks.nodes", "a,b")], "tasks.nodes", "single"),
            ([("tasks.moves_per_minute", "60")], "tasks.moves_per_minute", "single"),
            ([("tasks.resolver", "round-robin"), ("tasks.nodes", "a")], "tasks.nodes", "round-robin"),
            (
                [("tasks.resolver", "TaskNodeResolver"), ("tasks.nodes", "a"), ("tasks.server_count", "1")],
                "tasks.server_count", "nodes"
            ),
            ([("tasks.resolver", "host"), ("tasks.server_count", "1")], "tasks.server_count", "host"),
            (
                [("tasks.resolver", "rendezvous"), ("tasks.moves_per_minute", "1")], "tasks.moves_per_minute",
                "rendezvous"
            ),
            ([("tasks.resolver", "nodes")], "tasks.nodes", "nodes"),
        ] as [([(String, String)], String, String)])
    func `refuse a property that the resolver does not take`(
        values: [(String, String)], property: String, resolver: String
    ) throws {
        let options = try minimal(values)
        let message = try #require(complaint { () throws(OptionError) in _ = try options.settings() })
        #expect(message.contains("'\(property)'") && message.contains("'\(resolver)'"))
        #expect(message.contains("tasks.resolver"))
    }

    @Test func `allow each resolver what is its own`() throws {
        let good: [[(String, String)]] = [
            [("tasks.resolver", "round-robin"), ("tasks.server_count", "3"), ("tasks.server_grace", "1m")],
            [("tasks.resolver", "nodes"), ("tasks.nodes", "a")],
            [("tasks.resolver", "least-loaded"), ("tasks.moves_per_minute", "0")],
            [("tasks.resolver", "rendezvous"), ("tasks.weight", "2"), ("tasks.labels", "a")],
            [("tasks.resolver", "host"), ("tasks.resolving_period", "1s")],
        ]
        for values in good { _ = try minimal(values).settings() }
    }
}
