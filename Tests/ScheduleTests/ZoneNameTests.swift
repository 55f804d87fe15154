import Foundation
import Testing
import Zones

@testable import Schedule

@Suite("Naming a zone")
struct ZoneNameTests {
    @Test("UTC and offsets need no file")
    func fixed() throws {
        for (text, seconds, shown) in [
            ("UTC", 0, "UTC"), ("Z", 0, "UTC"), ("+00:00", 0, "UTC"), ("+02:00", 7200, "+02:00"),
            ("-03:30", -12_600, "-03:30"), ("+18:00", 64_800, "+18:00"),
        ] {
            let name = try ZoneName(text)
            #expect(name == .fixed(seconds))
            #expect(name.description == shown)
        }
    }

    @Test(
        "no name leads out of the folder",
        arguments: [
            "", "..", "../etc/passwd", "Europe/../../x", "/etc/localtime", "Europe//Berlin", "Europe/", "a.b",
            "Europe/Ber lin",
            "Europe/\u{e9}", "a\0b", "+19:00", "+2:00", "+0200", "-", "-rf",
            String(repeating: "a", count: 65), "a\\b", "~", "$HOME",
        ])
    func unsafe(text: String) {
        #expect(throws: ScheduleError.self) { try ZoneName(text) }
        #expect(!ZoneName.isSafe(text))
        #expect(throws: ScheduleError.self) { try ZoneFiles(directory: "/").zone(.named(text)) }
    }

    @Test("zones are read from a folder; what is not there, or is no file of that kind, is an error")
    func files() throws {
        let folder = folderOfTests.appendingPathComponent("zones").path
        let files = ZoneFiles(directory: folder)
        #expect(try files.zone(ZoneName("Europe/Berlin")) == sampleZone("Europe/Berlin"))
        #expect(try files.zone(ZoneName("+02:00")).offset(at: 0) == 7200)
        #expect(
            complaint { try files.zone(.named("Europe/Berlni")) }
                == "zone 'Europe/Berlni': there is no such zone (in \(folder))")
        #expect(
            complaint { try files.zone(.named("Europe")) }
                == "zone 'Europe': there is no such zone (in \(folder))")
        #expect(
            complaint { try files.zone(.named("Europe/Berlin/x")) }
                == "zone 'Europe/Berlin/x': there is no such zone (in \(folder))")
        let other = ZoneFiles(directory: folderOfTests.path)
        #expect(
            complaint { try other.zone(.named("zones/README")) }.hasPrefix(
                "zone 'zones/README': there is no such zone"))
    }

    @Test("TZDIR is taken where it is a full path")
    func folder() {
        #expect(ZoneFiles(given: "/srv/zones").directory == "/srv/zones")
        let usual = ZoneFiles(given: nil).directory
        #expect(usual.hasSuffix("/zoneinfo"))
        #expect(ZoneFiles(given: "").directory == usual)
        #expect(ZoneFiles(given: "zones").directory == usual)
    }

    @Test("a file that is not of that kind")
    func otherFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "zones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("hello".utf8).write(to: folder.appendingPathComponent("Text"))
        try Data().write(to: folder.appendingPathComponent("Empty"))
        try Data(count: 1 << 20).write(to: folder.appendingPathComponent("Large"))
        #expect(mkfifo(folder.appendingPathComponent("Pipe").path, 0o600) == 0)
        let files = ZoneFiles(directory: folder.path)
        #expect(complaint { try files.zone(.named("Text")) } == "zone 'Text': not a TZif file")
        #expect(complaint { try files.zone(.named("Empty")) } == "zone 'Empty': not a TZif file")
        #expect(complaint { try files.zone(.named("Large")) } == "zone 'Large': the file is too long")
        #expect(complaint { try files.zone(.named("Pipe")) }.hasPrefix("zone 'Pipe': there is no such zone"))
    }
}
