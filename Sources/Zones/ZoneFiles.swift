import Glibc
package import Schedule

/// The machine's copy of the time zone database: a folder of TZif files.
///
/// Reading is slow and may block; a node reads each zone once and keeps it.
package struct ZoneFiles: Sendable {
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// Where the machine keeps it. `given` is what `TZDIR` says: a full path is taken, anything else passed over, and
    /// the first usual folder that is there taken instead.
    package init(given: String? = getenv("TZDIR").map { String(cString: $0) }) {
        if let given, given.hasPrefix("/") {
            directory = given
        } else {
            directory = ZoneFiles.usual.first { access($0, R_OK | X_OK) == 0 } ?? ZoneFiles.usual[0]
        }
    }

    private static let usual = [
        "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo",
    ]

    /// The zone that a schedule names.
    package func zone(_ name: ZoneName) throws(ScheduleError) -> Zone {
        switch name {
        case .fixed(let offset): return Zone(name: name.description, base: offset)
        case .named(let text):
            // A ZoneName has been looked at already; that no name leads out of the folder must not hang on it.
            guard ZoneName.isSafe(text) else { throw ScheduleError("zone", text, "not a zone's name") }
            return try Zone(name: text, file: read(text))
        }
    }

    private func read(_ name: String) throws(ScheduleError) -> [UInt8] {
        let path = directory + "/" + name
        // A FIFO in the folder must not hold the reader up.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw missing(name, errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw missing(name, ENOENT)
        }

        let most = Zone.largestFile + 1
        var bytes = [UInt8](repeating: 0, count: min(max(0, Int(status.st_size)) + 1, most))
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw missing(name, errno) }
            guard read > 0 else { break }
            count += read
        }
        return Array(bytes.prefix(count))
    }

    private func missing(_ name: String, _ code: Int32) -> ScheduleError {
        let why =
            code == ENOENT || code == ENOTDIR ? "there is no such zone" : String(cString: strerror(code))
        return ScheduleError("zone", name, "\(why) (in \(directory))")
    }
}
