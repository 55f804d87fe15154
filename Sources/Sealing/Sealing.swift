/// The room that turns payloads into datagrams and streams, and back: bytes in, bytes out.
///
/// With a ring of keys everything is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439);
/// without one the same framing carries plain bytes. Nothing here knows a socket, a clock or a thread.
package enum Sealing {
    /// Whether there is a source of random numbers; without one nothing else in this room may be used.
    ///
    /// The first reading, or the first key, prepares libsodium: it picks the fastest code this processor has
    /// and opens the kernel's source.
    package static var isReady: Bool { Sodium.isReady }

    /// Overwrites the bytes with zeros where they stand, if nobody else holds them.
    package static func wipe(_ bytes: inout [UInt8]) { Sodium.wipe(&bytes) }
}
