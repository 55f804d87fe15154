import CSodium

/// The few calls of libsodium this room makes, with spans and arrays instead of pointers.
///
/// Every unsafe pointer of the room is in this file.
enum Sodium {
    /// Bytes of a key, and of every key derived from one.
    static let keyLength = 32
    /// Bytes that sealing adds: the Poly1305 tag.
    static let tagLength = 16

    /// Whether libsodium is prepared; the first reading prepares it, the others wait for that.
    ///
    /// A calculation that another thread's `sodium_init` overtakes is begun by one of libsodium's
    /// implementations and ended by another, which writes past its end. Whatever makes a secret reads this
    /// first, and nothing is calculated without a secret.
    static let isReady = sodium_init() >= 0

    /// Fills with bytes nobody can predict, from the kernel; after a fork the child's differ.
    static func randomize<let count: Int>(_ bytes: inout InlineArray<count, UInt8>) {
        _ = isReady
        withUnsafeMutablePointer(to: &bytes) { randombytes_buf($0, count) }
    }

    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBufferPointer { sodium_memzero($0.baseAddress, $0.count) }
    }

    /// Keyed BLAKE2b with 32 bytes of output (RFC 7693): a key for one purpose, from a key and the
    /// purpose's name.
    static func derive(_ purpose: [UInt8], from key: Secret) -> Secret {
        Secret { out in
            key.withBytes { key in
                _ = crypto_generichash(out, keyLength, purpose, UInt64(purpose.count), key, keyLength)
            }
        }
    }

    /// BLAKE2b with 16 bytes of output, without a key (RFC 7693).
    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        _ = isReady
        var hash = [UInt8](repeating: 0, count: 16)
        _ = crypto_generichash(&hash, hash.count, bytes, UInt64(bytes.count), nil, 0)
        return hash
    }

    /// Encrypts the bytes of `buffer` from `start` to its end where they stand, and appends the tag.
    static func seal(
        _ buffer: inout [UInt8], from start: Int, associated: Span<UInt8>, counter: UInt64, key: Secret
    ) {
        let length = buffer.count - start
        buffer.append(contentsOf: repeatElement(0, count: tagLength))
        func encrypt(_ buffer: UnsafeMutablePointer<UInt8>) {
            let text = buffer + start
            associated.withUnsafeBufferPointer { associated in
                withNonce(counter) { nonce in
                    key.withBytes { key in
                        _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                            text, nil, text, UInt64(length), associated.baseAddress,
                            UInt64(associated.count), nil, nonce, key)
                    }
                }
            }
        }
        encrypt(&buffer)
    }

    /// Decrypts to the end of `plain`; false, and `plain` as it was, unless every byte is authentic.
    static func open(
        _ sealed: Span<UInt8>, associated: Span<UInt8>, counter: UInt64, key: Secret,
        appendingTo plain: inout [UInt8]
    ) -> Bool {
        guard sealed.count >= tagLength else { return false }
        var authentic = false
        plain.append(addingCapacity: sealed.count - tagLength) { output in
            output.withUnsafeMutableBufferPointer { output, written in
                authentic = decrypt(
                    sealed, associated: associated, counter: counter, key: key, to: output.baseAddress)
                written = authentic ? output.count : 0
            }
        }
        return authentic
    }

    private static func decrypt(
        _ sealed: Span<UInt8>, associated: Span<UInt8>, counter: UInt64, key: Secret,
        to plain: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        sealed.withUnsafeBufferPointer { sealed in
            guard let text = sealed.baseAddress else { return false }
            return associated.withUnsafeBufferPointer { associated in
                withNonce(counter) { nonce in
                    key.withBytes { key in
                        crypto_aead_xchacha20poly1305_ietf_decrypt(
                            plain, nil, nil, text, UInt64(sealed.count), associated.baseAddress,
                            UInt64(associated.count), nonce, key) == 0
                    }
                }
            }
        }
    }

    /// Bytes that a box adds: the sender's public key, made for this one box, and a tag.
    static let boxOverhead = 48

    /// A pair of X25519 keys.
    static func makeBoxKeys() -> (publicKey: [UInt8], secret: Secret) {
        var publicKey = [UInt8](repeating: 0, count: keyLength)
        let secret = Secret { _ = crypto_box_keypair(&publicKey, $0) }
        return (publicKey, secret)
    }

    /// Seals a secret to a public key of 32 bytes (libsodium's sealed box: X25519, XSalsa20-Poly1305). Nil where the
    /// public key is one that everybody has the secret key of.
    static func sealBox(_ secret: Secret, to publicKey: [UInt8]) -> [UInt8]? {
        var box = [UInt8](repeating: 0, count: boxOverhead + keyLength)
        let result = secret.withBytes { crypto_box_seal(&box, $0, UInt64(keyLength), publicKey) }
        return result == 0 ? box : nil
    }

    /// The secret in a box of the right length; nil unless it was sealed to these keys.
    static func openBox(_ box: [UInt8], publicKey: [UInt8], secret: Secret) -> Secret? {
        var result: Int32 = -1
        let opened = Secret { out in
            secret.withBytes { result = crypto_box_seal_open(out, box, UInt64(box.count), publicKey, $0) }
        }
        return result == 0 ? opened : nil
    }

    /// The nonce of a counter: 16 zero bytes, then the counter in network order.
    private static func withNonce<Result>(
        _ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        let nonce: (UInt64, UInt64, UInt64) = (0, 0, counter.bigEndian)
        return withUnsafePointer(to: nonce) { body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self)) }
    }

    /// The 32 bytes that 64 hex digits spell; nil for any other text.
    static func decodeHex(_ text: String) -> Secret? {
        decode(text, length: 2 * keyLength) { out, text in
            sodium_hex2bin(out, keyLength, text.baseAddress, text.count, nil, nil, nil)
        }
    }

    /// The 32 bytes that 44 characters of standard base64 spell (RFC 4648); nil for any other text.
    static func decodeBase64(_ text: String) -> Secret? {
        decode(text, length: 44) { out, text in
            var count = 0
            let result = sodium_base642bin(
                out, keyLength, text.baseAddress, text.count, nil, &count, nil,
                sodium_base64_VARIANT_ORIGINAL)
            return count == keyLength ? result : -1
        }
    }

    private static func decode(
        _ text: String, length: Int,
        _ body: (UnsafeMutablePointer<UInt8>, UnsafeBufferPointer<CChar>) -> Int32
    ) -> Secret? {
        var text = text
        var result: Int32 = -1
        let secret = Secret { out in
            text.withUTF8 { bytes in
                // libsodium 1.0.18 takes every byte above 127 for '/'.
                guard bytes.count == length, bytes.allSatisfy({ $0 < 0x80 }) else { return }
                bytes.withMemoryRebound(to: CChar.self) { result = body(out, $0) }
            }
        }
        return result == 0 ? secret : nil
    }

    /// Standard base64 with padding: 44 characters.
    static func encodeBase64(_ secret: Secret) -> String {
        var text = [CChar](repeating: 0, count: 45)  // 44 and the zero that ends a C string
        secret.withBytes { bytes in
            _ = sodium_bin2base64(&text, text.count, bytes, keyLength, sodium_base64_VARIANT_ORIGINAL)
        }
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether both hold the same bytes, in a time that does not tell where they differ.
    static func areEqual(_ left: Secret, _ right: Secret) -> Bool {
        left.withBytes { left in right.withBytes { right in sodium_memcmp(left, right, keyLength) == 0 } }
    }
}

extension [UInt8] {
    mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

/// Thirty-two secret bytes in one place of memory, overwritten with zeros when the last holder lets go.
///
/// Unchecked: the bytes are written in `init` and in `deinit` only, when nobody else holds the object.
final class Secret: @unchecked Sendable, CustomReflectable {
    private let bytes: UnsafeMutablePointer<UInt8>

    /// Zeros, unless `fill` writes something else.
    init(_ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        _ = Sodium.isReady
        bytes = .allocate(capacity: Sodium.keyLength)
        bytes.initialize(repeating: 0, count: Sodium.keyLength)
        fill(bytes)
    }

    /// Nil unless there are 32 bytes.
    convenience init?(_ bytes: [UInt8]) {
        guard bytes.count == Sodium.keyLength else { return nil }
        self.init { $0.update(from: bytes, count: Sodium.keyLength) }
    }

    static func random() -> Secret { Secret { randombytes_buf($0, Sodium.keyLength) } }

    func withBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result { body(bytes) }

    /// Nothing: not even a debugger's dump shows the bytes or where they are.
    var customMirror: Mirror { Mirror(self, children: [:]) }

    deinit {
        sodium_memzero(bytes, Sodium.keyLength)
        bytes.deallocate()
    }
}
