import Foundation
import Testing

@testable import Options

/// The files of docs/migrating, as they stand in Tests/config.
@Suite("Files that people have")
struct ExampleFileTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")

    private func read(_ path: String) throws -> Options {
        var options = Options()
        try options.loadFile(Self.folder.appending(path: path).path)
        return options
    }

    /// The settings of a file with what it leaves to the command line.
    private func settings(_ path: String, _ more: [(String, String)] = []) throws -> Settings {
        var options = try read(path)
        for (key, text) in more { try options.set(key, text) }
        return try options.settings()
    }

    @Test func `Interlok's failover`() throws {
        let settings = try settings("interlok-failover/before/bootstrap.properties", [("cluster", "a")])
        #expect(settings.multicast && settings.multicastGroup.text == "224.0.0.4")
        #expect(settings.multicastPort == 4446 && settings.failoverPosition == 1 && settings.port == 7878)
        #expect(settings.probeIntervalNanoseconds == 3_000_000_000)
        #expect(settings.suspicionMinNanoseconds == 20_000_000_000)
        #expect(settings.suspectMaxNanoseconds == 20_000_000_000)
        #expect(settings.failoverUnresponsiveAfterNanoseconds == 20_000_000_000)
    }

    @Test func `Interlok's failover over TCP`() throws {
        let settings = try settings("interlok-failover/before/tcp.properties", [("cluster", "a")])
        #expect(!settings.multicast && settings.port == 4444 && settings.failoverPosition == 2)
        #expect(settings.advertise?.address.text == "10.0.0.1")
        #expect(settings.seeds.map(\.host) == ["10.0.0.2", "10.0.0.3"])
        #expect(settings.probeIntervalNanoseconds == 500_000_000)
    }

    @Test func `Interlok's old failover`() throws {
        let settings = try settings("interlok-failover/before/old.properties", [("cluster", "a")])
        #expect(settings.multicastGroup.text == "230.0.0.1" && settings.multicastPort == 2710)
        #expect(settings.probeIntervalNanoseconds == 1_000_000_000)
        #expect(settings.suspicionMinNanoseconds == 5_000_000_000)
        #expect(settings.failoverUnresponsiveAfterNanoseconds == 5_000_000_000)
    }

    @Test func `Interlok's clusters`() throws {
        let settings = try settings("interlok-clustering/before/bootstrap.properties")
        #expect(settings.cluster == "MyCluster" && settings.debug)
        #expect(settings.httpClusterManagerPath == "/cluster-manager")
    }

    @Test func `Immutant in JBoss`() throws {
        let settings = try settings("immutant/before/node-2.properties", [("cluster", "app")])
        #expect(settings.nodeId == "two" && settings.bind.text == "127.0.0.1")
        #expect(settings.port == 7978 && settings.seedPort == 7878)
        #expect(settings.multicastGroup.text == "230.0.0.4")
    }

    @Test func `WSO2 Micro Integrator`() throws {
        let settings = try settings("wso2-micro-integrator/before/deployment.toml")
        #expect(settings.cluster == "default" && settings.nodeId == "node-1")
        #expect(settings.failoverAuthority == .store)
        #expect(settings.failoverStore == "postgresql://wso2:s3cret%2Fword@db.example.com:5432/clusterdb")
        #expect(settings.seedStore == settings.failoverStore)
        #expect(settings.tasksResolver == .roundRobin && settings.tasksServerCount == 2)
        #expect(settings.tasksResolvingPeriodNanoseconds == 2_000_000_000)
        #expect(settings.tasksResolvingFrequency == 5)
    }

    @Test(arguments: [
        "interlok-failover/after/muster.toml", "interlok-clustering/after/muster.toml",
        "immutant/after/node-2.toml", "wso2-micro-integrator/after/muster.toml",
    ])
    func `and what they become`(path: String) throws {
        let options = try read(path)
        #expect(options.notes.isEmpty)
        _ = try #require(options.given(.cluster))
    }

    @Test func `say the same before and after`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "muster-\(UUID()).key")
        try Data(hexKey.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let key = [("key_file", file.path)]
        var before = try settings(
            "wso2-micro-integrator/before/deployment.toml", key + [("cluster", "integration")])
        let after = try settings("wso2-micro-integrator/after/muster.toml", key)
        #expect(before == after)
        before = try settings(
            "interlok-clustering/before/bootstrap.properties", key)
        #expect(try before == settings("interlok-clustering/after/muster.toml", key))
    }
}
