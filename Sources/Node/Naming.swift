import Basics
import Glibc

extension Runtime {
    /// A name that people can read, for a node to which nobody gave a name or an id: where it is. Its id is a random UUID.
    func nameAfterHost() {
        guard settings.name == nil, settings.nodeId == nil else { return }
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return }
        let port = ":\(bound.port)"
        let host = bytes.prefix { $0 != 0 }.prefix(longestName - port.utf8.count)
        let name = String(decoding: host.map { UInt8(bitPattern: $0) }, as: UTF8.self) + port
        guard !host.isEmpty, Name.isValid(name, longest: longestName) else { return }
        step { $0.describe(name: name, now: $1) }
    }
}

/// In bytes, as the option says.
private let longestName = 64
