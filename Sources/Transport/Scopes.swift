package import Basics
import Glibc

extension Address {
    /// Whether the address means another host on every link: fe80::/10 (RFC 4291, 2.5.6).
    package var isLinkLocal: Bool { bytes.count == 16 && bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 }

    package func with(scope: UInt32) -> Address { Address(bytes: bytes, port: port, scope: scope) ?? self }
}

/// Which interface leads to a link-local address. How a host numbers its interfaces means nothing to others, so the
/// wire and the core have such addresses without; it is filled in where packets go out, and learned where they
/// come in.
package struct Scopes: Sendable {
    private var learned: [[UInt8]: UInt32] = [:]
    /// The interface for addresses that nothing was heard from.
    package var fallback: UInt32 = 0

    /// More than any link has members. An attacker who fills it does no more than make it forget.
    static let most = 4096

    package init() {}

    /// Takes note of the interface; the address as the core knows it.
    package mutating func learn(_ address: Address) -> Address {
        guard address.scope != 0 else { return address }
        if learned.count >= Scopes.most { learned.removeAll() }
        learned[address.bytes] = address.scope
        return address.with(scope: 0)
    }

    /// The address as the system needs it.
    package func complete(_ address: Address) -> Address {
        guard address.isLinkLocal, address.scope == 0 else { return address }
        return address.with(scope: learned[address.bytes] ?? fallback)
    }

    /// The number of the interface that stands behind `%`, by name or as a number; 0 where there is none.
    package static func index(ofZone zone: String) -> UInt32 {
        let index = if_nametoindex(zone)
        return index == 0 ? UInt32(zone) ?? 0 : index
    }
}
