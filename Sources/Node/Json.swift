import CJson

/// One JSON value of json-c, released when it is no longer used.
///
/// json-c makes the text (and escapes it); this file is all that touches it.
final class Json {
    private let object: OpaquePointer?

    private init(owning object: OpaquePointer?) { self.object = object }

    deinit { json_object_put(object) }

    static func object() -> Json { Json(owning: json_object_new_object()) }
    static func array() -> Json { Json(owning: json_object_new_array()) }
    static var null: Json { Json(owning: nil) }
    static func text(_ text: String) -> Json {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                Json(owning: json_object_new_string_len(characters.baseAddress, Int32(clamping: characters.count)))
            }
        }
    }
    static func number(_ number: Int64) -> Json { Json(owning: json_object_new_int64(number)) }
    /// Numbers of the protocol stay below 2^53 or are written as text.
    static func number(_ number: UInt64) -> Json {
        number < 1 << 53 ? .number(Int64(clamping: number)) : .text(String(number))
    }
    static func flag(_ flag: Bool) -> Json { Json(owning: json_object_new_boolean(flag ? 1 : 0)) }

    /// Adds a key; the value may be used again.
    @discardableResult
    func set(_ key: String, _ value: Json) -> Json {
        json_object_object_add(object, key, json_object_get(value.object))
        return self
    }

    @discardableResult
    func append(_ value: Json) -> Json {
        json_object_array_add(object, json_object_get(value.object))
        return self
    }

    /// The value as text in one line, "/" unescaped.
    var text: String {
        let flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE
        guard let text = json_object_to_json_string_ext(object, flags) else { return "null" }
        return String(cString: text)
    }
}
