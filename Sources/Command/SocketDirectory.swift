import Glibc

/// Where control sockets are when nobody says otherwise: a directory that belongs to this user alone.
enum SocketDirectory {
    /// The places in question, the better one first. A node that was started by the system does not know the
    /// directory of the session, so clients look in both.
    static var candidates: [String] {
        var found: [String] = []
        if let runtime = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), runtime.hasPrefix("/") {
            found.append(runtime + "/muster")
        }
        return found + ["/tmp/muster-\(geteuid())"]
    }

    /// The directory for a new socket, made where it is missing.
    static func make() throws(Trouble) -> String {
        var reason = ""
        for path in candidates {
            mkdir(path, 0o700)
            if isOwn(path) { return path }
            reason = "'\(path)' is no directory of this user alone"
        }
        throw Trouble(.failure, "no place for the control socket: \(reason); name one with --control")
    }

    /// The sockets that are there. Nothing in a directory of somebody else is believed.
    static func sockets() -> [String] {
        var found: [String] = []
        for path in candidates where isOwn(path) {
            guard let directory = opendir(path) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasSuffix(".sock") { found.append(path + "/" + name) }
            }
        }
        return found.sorted()
    }

    /// `CLUSTER-NODEID.sock`, or a number made from both where that is too long for a socket's path.
    static func path(in directory: String, cluster: String, nodeId: String) -> String {
        let readable = "\(directory)/\(escaped(cluster))-\(escaped(nodeId)).sock"
        if readable.utf8.count <= 107 { return readable }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(cluster.utf8) + [0] + Array(nodeId.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return "\(directory)/\(String(hash, radix: 16)).sock"
    }

    /// Whether the path begins as that of a node of this cluster.
    static func isOf(_ cluster: String, _ path: String) -> Bool {
        candidates.contains { path.hasPrefix("\($0)/\(escaped(cluster))-") }
    }

    private static func isOwn(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR && facts.st_uid == geteuid()
            && facts.st_mode & 0o077 == 0
    }

    /// Names may hold anything; what could mean something in a path is written as %XX.
    private static func escaped(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%"
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        }
        return text
    }
}
