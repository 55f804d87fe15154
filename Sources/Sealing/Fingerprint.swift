/// What a key is called where it must not be shown: 64 bits of a hash that only its holders can make.
package struct Fingerprint: Hashable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    /// Reads 16 hex digits; nil for any other text.
    package init?(_ text: String) {
        guard text.utf8.count == 16, !text.contains(where: { !$0.isHexDigit }),
            let value = UInt64(text, radix: 16)
        else { return nil }
        self.value = value
    }

    init(of secret: Secret) {
        value = Sodium.derive(Array("muster key fingerprint 1".utf8), from: secret).withBytes { bytes in
            (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
        }
    }

    /// 16 lower-case hex digits.
    package var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
