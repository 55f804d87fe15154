@_spi(_Unicode) import Swift

/// What may name a member, a role, a cluster or a tag, and what may be shown to people.
package enum Name {
    /// 1 to `longest` bytes, no control characters, Unicode normalisation form C (UAX 15). Without the last, one name
    /// would have several spellings, which `==` calls equal and which hashes and seals tell apart.
    package static func isValid(_ name: String, longest: Int) -> Bool {
        !name.isEmpty && isLabel(name, longest: longest) && isNormal(name)
    }

    /// At most `longest` bytes, no control characters.
    package static func isLabel(_ text: String, longest: Int) -> Bool {
        text.utf8.count <= longest && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// Normalisation form C.
    package static func isNormal(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 } || text.unicodeScalars.elementsEqual(text._nfc)
    }
}
