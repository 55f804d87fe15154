import Testing

@testable import Options

/// Whatever the world says: an answer or an error, never a trap. Reaching the end is the test.
@Suite("Garbage")
struct GarbageTests {
    private static let pieces = [
        "=", ":", "\n", "\r\n", "\\", "\\u", "\\ud83d", "\"", "'", "\"\"\"", "'''", "[", "]", "[[", "]]", "{",
        "}", ",", ";",
        ".", "..", "#", "!", " ", "\t", "\0", "\u{feff}", "\u{e9}", "\u{fe7f}", "\u{301}", "\u{1f600}", "-",
        "+", "_", "%",
        "1", "0", "9223372036854775807", "99999999999999999999", "1e999", "0x", "inf", "nan", "true",
        "1979-05-27T07:32:00Z",
        "ms", "s", "h", "d", "::", "fe80::1%", "127.0.0.1", "255", "a:1", "cluster", "failover", "position",
        "seeds", "key", hexKey,
        base64Key,
    ]

    private static func text(_ generator: inout Seeded) -> String {
        (0..<Int.random(in: 0...12, using: &generator))
            .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `in set`(seed: UInt64) {
        var generator = Seeded(seed)
        var options = Options()
        let names = OptionTable.rows.flatMap { [$0.name] + $0.aliases }
        for round in 0..<1_500 {
            let name = names.randomElement(using: &generator) ?? ""
            let key = Bool.random(using: &generator) ? name : Self.text(&generator)
            let text = Self.text(&generator)
            _ = complaint { () throws(OptionError) in try options.set(key, text) }
            _ = try? options.get(name)
            if round % 10 == 0 { _ = try? options.settings() }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>, ["g.toml", "g.properties"])
    func `in files`(seed: UInt64, path: String) {
        var generator = Seeded(seed)
        for _ in 0..<1_000 {
            var bytes = Array((0..<3).map { _ in Self.text(&generator) }.joined(separator: "\n").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            var options = Options()
            _ = complaint { () throws(OptionError) in try options.load(bytes, path: path) }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>, ["g.toml", "g.properties"])
    func `in files that were sound`(seed: UInt64, path: String) {
        var generator = Seeded(seed)
        let sound =
            path.hasSuffix("toml")
            ? "cluster = \"a\"\nseeds = [\"a:1\", 'b']\n[failover]\ngrace = 1.5\nposition = 2 # two\n"
            : "cluster=a\nseeds=a\\:1,\\\n b\nfailover.grace=1.5\n! two\nfailover.position: 2\n"
        for _ in 0..<1_000 {
            var bytes = Array(sound.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: Self.text(&generator).utf8, at: index)
                }
            }
            var options = Options()
            _ = complaint { () throws(OptionError) in try options.load(bytes, path: path) }
        }
    }

    @Test(arguments: [
        "a.", "[", "{a=", "a={", "[[a]]\n", "\"", "\\", "a=1\n", "[a.b]\n", "\\\n", "=\n", "'''", "a\u{301}",
    ])
    func `in files of one thing a million times over`(piece: String) {
        // Depth is the danger in TOML, so it gets the largest file; properties have none.
        for (path, head, size) in [
            ("g.toml", "", Options.largestFile), ("g.toml", "a = ", Options.largestFile),
            ("g.properties", "", 50_000),
        ] {
            let content = head + String(repeating: piece, count: size / piece.utf8.count)
            var options = Options()
            let found = complaint { () throws(OptionError) in
                try options.load(Array(content.utf8), path: path)
            }
            #expect((found?.utf8.count ?? 0) < 2_000)
        }
    }

    @Test func `in values without end`() {
        let long = String(repeating: "9", count: 5_000_000)
        for row in OptionTable.rows {
            var options = Options()
            let found = complaint { () throws(OptionError) in try options.set(row.name, long) }
            #expect((found?.utf8.count ?? 9_999) < 500)
        }
    }
}
