import Foundation
import Testing

@testable import Options

@Suite("A file of seeds")
struct SeedFileTests {
    let path = FileManager.default.temporaryDirectory.appending(path: "seeds-\(UUID().uuidString)").path

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    @Test func `has one on each line, and comments`() {
        let text = "# ours\n10.0.0.1\r\n  db.example.com:7900  # the old one\n\n[fe80::1%eth0]:7\n10.0.0.1"
        let (seeds, faults) = SeedFile.parse(Array(text.utf8))
        #expect(faults.isEmpty)
        #expect(seeds == [Seed("10.0.0.1"), Seed("db.example.com:7900"), Seed("[fe80::1%eth0]:7")])
    }

    @Test func `names the lines that are none`() {
        let text = "10.0.0.1\n10.0.0.2, 10.0.0.3\nhost:0\n10.0.0.4\n\u{1b}[2J"
        let (seeds, faults) = SeedFile.parse(Array(text.utf8))
        #expect(seeds == [Seed("10.0.0.1"), Seed("10.0.0.4")])
        #expect(faults.map { $0.prefix(7) } == ["line 2:", "line 3:", "line 5:"])
        #expect(!faults.joined().contains("\u{1b}"))
    }

    @Test func `that is none at all is one complaint`() {
        let (seeds, faults) = SeedFile.parse(
            [UInt8](repeating: 0xff, count: 10) + Array(repeating: 0x0a, count: 9))
        #expect(seeds.isEmpty && faults.count == 1)
        let many = SeedFile.parse(Array(String(repeating: "-\n", count: 1000).utf8))
        #expect(many.seeds.isEmpty && many.faults.count == 9)
    }

    @Test func `holds no more than a list of seeds`() {
        let text = (0..<300).map { "host\($0)\n" }.joined()
        let (seeds, faults) = SeedFile.parse(Array(text.utf8))
        #expect(seeds.count == Seed.most && faults.count == 1)
    }

    @Test func `is read when it comes, when it changes, and not in between`() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var file = SeedFile(path: path)
        #expect(file.refresh().count == 1)
        #expect(file.refresh().isEmpty, "a missing file is told once")
        try write("a\n")
        #expect(file.refresh().isEmpty && file.seeds == [Seed("a")])
        try write("b\n-\n")
        #expect(file.refresh().count == 1 && file.seeds == [Seed("b")])
        #expect(file.refresh().isEmpty, "nor is a bad line told twice")
        try FileManager.default.removeItem(atPath: path)
        #expect(file.refresh().first?.hasSuffix("its former seeds are kept") == true)
        #expect(file.seeds == [Seed("b")])
        try write("")
        #expect(file.refresh().isEmpty && file.seeds.isEmpty)
    }

    @Test func `is no pipe, no device and no directory`() throws {
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        for path in [path, "/dev/zero", "/tmp"] {
            var file = SeedFile(path: path)
            #expect(file.refresh().first?.contains("is not a regular file") == true)
        }
    }

    @Test func `is the one that was meant, wherever the process goes`() {
        let file = SeedFile(path: "seeds")
        #expect(file.path == FileManager.default.currentDirectoryPath + "/seeds")
        #expect(SeedFile(path: "/etc/seeds").path == "/etc/seeds")
    }
}
