import Sealing
import Wire

/// A change that is to be made to the rings of all members.
enum KeyChange: Sendable {
    case add(Key)
    case use(Fingerprint)
    case remove(Fingerprint)

    var fingerprint: Fingerprint {
        switch self {
        case .add(let key): key.fingerprint
        case .use(let fingerprint), .remove(let fingerprint): fingerprint
        }
    }

    /// What has been done to the key, for people.
    var past: String {
        switch self {
        case .add: "added"
        case .use: "used"
        case .remove: "removed"
        }
    }

    /// Whether a member with this ring needs to do nothing.
    func isDone(in ring: [Fingerprint]) -> Bool {
        switch self {
        case .add: ring.contains(fingerprint)
        case .use: ring.first == fingerprint
        case .remove: !ring.contains(fingerprint)
        }
    }

    /// Whether it cuts nobody off who does not make it.
    var isHarmless: Bool {
        if case .add = self { return true }
        return false
    }

    /// Why a member with this ring keeps everybody from making the change; nil where it does not.
    func obstacle(in ring: [Fingerprint]) -> KeyReply.Outcome? {
        switch self {
        case .add: nil
        case .use: ring.contains(fingerprint) ? nil : .missing
        case .remove: ring.first == fingerprint ? .sealing : nil
        }
    }

    /// The request to a member with this box; nil where a key cannot be sealed to it.
    func request(box: [UInt8]) -> KeyRequest? {
        switch self {
        case .add(let key):
            KeyBox.seal(key, to: box).map {
                KeyRequest(.add, fingerprint: fingerprint.value, sealedKey: $0)
            }
        case .use: KeyRequest(.use, fingerprint: fingerprint.value)
        case .remove: KeyRequest(.remove, fingerprint: fingerprint.value)
        }
    }
}

/// A key as people name it: by itself or by its fingerprint.
enum KeyName {
    static func key(_ text: String) throws(Failure) -> Key {
        guard let key = Key(text) else {
            throw Failure(
                .invalid,
                "the text given (\(text.utf8.count) bytes, not shown) is no key: a key is 32 bytes as 64 hexadecimal "
                    + "digits or as 44 characters of base64")
        }
        return key
    }

    static func fingerprint(_ text: String) throws(Failure) -> Fingerprint {
        if let fingerprint = Fingerprint(text) ?? Key(text)?.fingerprint { return fingerprint }
        throw Failure(
            .invalid,
            "the text given (\(text.utf8.count) bytes, not shown) is neither a fingerprint (16 hexadecimal digits) nor a "
                + "key (64 hexadecimal digits or 44 characters of base64)")
    }
}
