import Glibc

/// A file of seeds, one on each line, that others may change while the node runs.
package struct SeedFile: Sendable {
    package let path: String
    /// What was last read from it; kept while it cannot be read.
    package private(set) var seeds: [Seed] = []
    private var seen: Mark?
    private var isReadable = true

    /// A relative path is meant as it is now: the host may change its working directory later.
    package init(path: String) {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else {
            self.path = path
            return
        }
        defer { free(here) }
        self.path = String(cString: here) + "/" + path
    }

    /// What tells one content from the next without reading it.
    private struct Mark: Equatable {
        var device: dev_t
        var inode: ino_t
        var size: off_t
        var seconds: Int
        var nanoseconds: Int

        init?(of path: String) {
            var facts = stat()
            guard stat(path, &facts) == 0 else { return nil }
            device = facts.st_dev
            inode = facts.st_ino
            size = facts.st_size
            seconds = facts.st_mtim.tv_sec
            nanoseconds = facts.st_mtim.tv_nsec
        }
    }

    /// Reads the file if it is another than the last time. Returns what people should know: that it cannot be read,
    /// or can again, and which of its lines say nothing. Blocks.
    package mutating func refresh() -> [String] {
        // Taken before the reading: what changes meanwhile is another content the next time.
        let mark = Mark(of: path)
        if let mark, mark == seen { return [] }
        switch readFile(path, limit: Options.largestFile) {
        case .failure(let trouble):
            seen = nil
            defer { isReadable = false }
            let rest = seeds.isEmpty ? "" : "; its former seeds are kept"
            return isReadable ? ["seed file '\(path)' \(trouble.reason)\(rest)"] : []
        case .success(let content):
            seen = mark
            isReadable = true
            let (seeds, faults) = SeedFile.parse(content)
            self.seeds = seeds
            return faults.map { "seed file '\(path)', \($0)" }
        }
    }

    /// The seeds, and what is wrong with the lines that are none.
    static func parse(_ content: [UInt8]) -> (seeds: [Seed], faults: [String]) {
        var seeds: [Seed] = []
        var faults: [String] = []
        for (index, line) in content.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let words = trimmed(String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self))
            guard !words.isEmpty else { continue }
            guard let seed = Seed(words) else {
                faults.append(
                    "line \(index + 1): \(quoted(words)) is no host, host:port or [v6]:port; skipped")
                continue
            }
            guard seeds.count < Seed.most else {
                faults.append("line \(index + 1): more than \(Seed.most) seeds; the rest is skipped")
                break
            }
            if !seeds.contains(seed) { seeds.append(seed) }
        }
        // A file of something else is one mistake, not a thousand.
        if faults.count > 8 { faults = faults.prefix(8) + ["\(faults.count - 8) more lines are skipped"] }
        return (seeds, faults)
    }
}
