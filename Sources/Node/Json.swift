import CJson

/// One JSON value of json-c, released when it is no longer used.
///
/// json-c makes the text (and escapes it); this file is all that touches it.
package final class Json {
    private let object: OpaquePointer?

    private init(owning object: OpaquePointer?) { self.object = object }

    deinit { json_object_put(object) }

    package static func object() -> Json { Json(owning: json_object_new_object()) }
    package static func array() -> Json { Json(owning: json_object_new_array()) }
    package static var null: Json { Json(owning: nil) }
    package static func text(_ text: String) -> Json {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                Json(
                    owning: json_object_new_string_len(
                        characters.baseAddress, Int32(clamping: characters.count)))
            }
        }
    }
    package static func number(_ number: Int64) -> Json { Json(owning: json_object_new_int64(number)) }
    /// Numbers of the protocol stay below 2^53 or are written as text.
    package static func number(_ number: UInt64) -> Json {
        number < 1 << 53 ? .number(Int64(clamping: number)) : .text(String(number))
    }
    package static func texts(_ texts: [String]) -> Json {
        let list = Json.array()
        for text in texts { list.append(.text(text)) }
        return list
    }
    package static func flag(_ flag: Bool) -> Json { Json(owning: json_object_new_boolean(flag ? 1 : 0)) }

    /// Adds a key; the value may be used again.
    @discardableResult
    package func set(_ key: String, _ value: Json) -> Json {
        json_object_object_add(object, key, json_object_get(value.object))
        return self
    }

    @discardableResult
    package func append(_ value: Json) -> Json {
        json_object_array_add(object, json_object_get(value.object))
        return self
    }

    /// The value as text in one line, "/" unescaped.
    package var text: String {
        let flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE
        guard let text = json_object_to_json_string_ext(object, flags) else { return "null" }
        return String(cString: text)
    }
}

/// Reading: for the command, which is answered in JSON.
extension Json {
    /// Nil for anything that is not one whole JSON value.
    package static func parse(_ text: String) -> Json? {
        guard let tokener = json_tokener_new() else { return nil }
        defer { json_tokener_free(tokener) }
        // The zero belongs to the text: only at it does a number end.
        var bytes = text.utf8.map { CChar(bitPattern: $0) } + [0]
        let object = json_tokener_parse_ex(tokener, &bytes, Int32(clamping: bytes.count))
        let json = Json(owning: object)
        guard json_tokener_get_error(tokener) == json_tokener_success else { return nil }
        // json-c stops where the value ends, whatever follows.
        let rest = bytes.dropLast().dropFirst(json_tokener_get_parse_end(tokener))
        return rest.allSatisfy { [9, 10, 13, 32].contains($0) } ? json : nil
    }

    /// The value of a key; nil where there is none or it is null.
    package subscript(key: String) -> Json? {
        var value: OpaquePointer?
        guard json_object_is_type(object, json_type_object) != 0,
            json_object_object_get_ex(object, key, &value) != 0, let value
        else { return nil }
        return Json(owning: json_object_get(value))
    }

    /// The elements of an array.
    package var elements: [Json] {
        guard json_object_is_type(object, json_type_array) != 0 else { return [] }
        return (0..<json_object_array_length(object)).map {
            Json(owning: json_object_get(json_object_array_get_idx(object, $0)))
        }
    }

    /// The keys of an object with their values, in their order.
    package var entries: [(key: String, value: Json)] {
        guard json_object_is_type(object, json_type_object) != 0 else { return [] }
        var found: [(key: String, value: Json)] = []
        var place = json_object_iter_begin(object)
        var end = json_object_iter_end(object)
        while json_object_iter_equal(&place, &end) == 0 {
            if let name = json_object_iter_peek_name(&place) {
                let value = Json(owning: json_object_get(json_object_iter_peek_value(&place)))
                found.append((String(cString: name), value))
            }
            json_object_iter_next(&place)
        }
        return found
    }

    package var string: String? {
        guard json_object_is_type(object, json_type_string) != 0 else { return nil }
        // With its length: a text may hold NUL.
        guard let start = json_object_get_string(object) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(json_object_get_string_len(object)))
        return String(decoding: bytes, as: UTF8.self)
    }

    package var number: Int64? {
        json_object_is_type(object, json_type_int) != 0 ? json_object_get_int64(object) : nil
    }

    package var isObject: Bool { json_object_is_type(object, json_type_object) != 0 }

    package var flag: Bool { json_object_get_boolean(object) != 0 }
}
