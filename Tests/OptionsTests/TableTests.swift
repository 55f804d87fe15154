import Foundation
import Testing

@testable import Options

@Suite("The table")
struct TableTests {
    @Test func `has one row for every key`() {
        #expect(
            OptionTable.rows.map(\.key).sorted { $0.rawValue < $1.rawValue }
                == OptionKey.allCases.sorted { $0.rawValue < $1.rawValue })
    }

    @Test func `spells nothing twice`() {
        let spellings = OptionTable.rows.flatMap { [$0.name] + $0.aliases }
        #expect(Set(spellings).count == spellings.count)
        #expect(Set(OptionTable.rows.map(\.flag)).count == OptionTable.rows.count)
        #expect(Set(OptionTable.rows.map(\.environmentVariable)).count == OptionTable.rows.count)
    }

    @Test(arguments: OptionTable.rows.map(\.key))
    func `has only defaults that it would accept`(key: OptionKey) throws {
        let row = OptionTable.row(key)
        #expect(!row.help.isEmpty && !row.help.contains("|"))
        if row.fallback.isEmpty { return }
        #expect(row.type.parse(row.fallback) != nil)
        var options = Options()
        try options.set(row.name, row.fallback)
        #expect(try options.get(row.name) == row.fallback)
    }

    @Test(arguments: OptionTable.rows.map(\.key))
    func `tells terminals no markup`(key: OptionKey) {
        let words = OptionTable.row(key).plainHelp
        #expect(!words.contains("`") && !words.contains("](") && !words.contains(".md)"))
    }

    @Test func `tells terminals links by their text`() {
        #expect(OptionTable.row(.profile).help.hasPrefix("Which [set of defaults](#profiles) is taken"))
        #expect(OptionTable.row(.profile).plainHelp.hasPrefix("Which set of defaults is taken"))
    }

    @Test func `names flags and variables after the key`() {
        let row = OptionTable.row(.failoverUnresponsiveAfter)
        #expect(row.flag == "--failover-unresponsive-after")
        #expect(row.environmentVariable == "MUSTER_FAILOVER_UNRESPONSIVE_AFTER")
    }

    @Test(arguments: [
        ("clustr", "cluster"), ("Cluster", "cluster"), ("clutser", "cluster"),
        ("probeInterval", "probe_interval"),
        ("probe-timeout", "probe_timeout"), ("position", "failover.position"),
        ("cluster.port", "port"), ("failover.positoin", "failover.position"), ("clusternam", "clusterName"),
        ("failover.tpc.port", "failover.tcp.port"),
    ])
    func `finds the name that was meant`(written: String, meant: String) {
        #expect(OptionTable.nearest(to: written) == meant)
    }

    @Test(arguments: ["", "zzz", "completely_different", "ключ"])
    func `suggests nothing for a name like no other`(written: String) {
        #expect(OptionTable.nearest(to: written) == nil)
    }

    @Test func `suggests nothing for a name without end`() {
        #expect(OptionTable.nearest(to: String(repeating: "k", count: 1_000_000)) == nil)
    }

    @Test func `is what the reference page says`() throws {
        let page = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/options.md")
        if ProcessInfo.processInfo.environment["MUSTER_REGENERATE"] == "1" {
            try Data(OptionTable.markdown().utf8).write(to: page)
        }
        let written = try? String(contentsOf: page, encoding: .utf8)
        #expect(
            written == OptionTable.markdown(),
            "docs/options.md is stale; MUSTER_REGENERATE=1 swift test --filter OptionsTests makes it again")
    }
}
