/// Who a member is: a name that lasts, and which start of the process this is.
///
/// The id outlives restarts. The generation orders the starts of one id; the nonce tells two processes apart
/// that claim the same id and generation.
public struct Identity: Hashable, Sendable {
    public var id: String
    public var generation: UInt64
    public var nonce: UInt64

    public init(id: String, generation: UInt64, nonce: UInt64) {
        self.id = id
        self.generation = generation
        self.nonce = nonce
    }

    /// The longest id, in bytes of UTF-8.
    public static let longestId = 64

    /// Whether the text may name a member: a valid name of 1 to 64 bytes.
    public static func isValidId(_ id: String) -> Bool {
        Name.isValid(id, longest: longestId)
    }
}

/// Where a member listens: an IPv4 or IPv6 address and the one port number it uses for UDP and TCP.
public struct Address: Hashable, Sendable {
    /// Four bytes (IPv4) or sixteen (IPv6), network order.
    public let bytes: [UInt8]
    public let port: UInt16
    /// The interface of a link-local IPv6 address as this host numbers them; 0 elsewhere. Never on the wire.
    public let scope: UInt32

    /// Nil unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
        self.port = port
        self.scope = scope
    }

    private init(ipv4: [UInt8], port: UInt16) {
        bytes = ipv4
        self.port = port
        scope = 0
    }

    public static func loopback(port: UInt16) -> Address { Address(ipv4: [127, 0, 0, 1], port: port) }

    public var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 }
        return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Whether this is 0.0.0.0 or ::, which names no host to others.
    public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Whether this names a group of hosts and none of them: 224.0.0.0/4 or ff00::/8.
    public var isMulticast: Bool { bytes.count == 4 ? bytes[0] & 0xf0 == 224 : bytes[0] == 0xff }

    /// Whether somebody may be reached there.
    public var namesHost: Bool { port != 0 && !isUnspecified && !isMulticast }

    public func with(port: UInt16) -> Address { Address(bytes: bytes, port: port, scope: scope) ?? self }

    /// The address without its port, as people write it (RFC 5952, without zone).
    public var host: String {
        if bytes.count == 4 { return "\(bytes[0]).\(bytes[1]).\(bytes[2]).\(bytes[3])" }
        return Self.ipv6Text(bytes)
    }

    /// `host:port`, `[host]:port` for IPv6.
    public var text: String { bytes.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    private static func ipv6Text(_ bytes: [UInt8]) -> String {
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // The longest run of two or more zero groups becomes "::", the first one where two are equally long.
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - start >= 2 && end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        let hex = { (range: Range<Int>) in
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }
}
