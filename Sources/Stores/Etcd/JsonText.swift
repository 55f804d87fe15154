import CJson

/// A JSON text that etcd answered, read by json-c.
package final class JsonText {
    private var object: OpaquePointer?

    /// Nil unless it is one whole value.
    package init?(_ bytes: [UInt8]) {
        guard let tokener = json_tokener_new() else { return nil }
        defer { json_tokener_free(tokener) }
        // The zero belongs to the text: only at it does a number end.
        var characters = bytes.map { CChar(bitPattern: $0) } + [0]
        object = json_tokener_parse_ex(tokener, &characters, Int32(clamping: characters.count))
        let end = Int(json_tokener_get_parse_end(tokener))
        guard json_tokener_get_error(tokener) == json_tokener_success,
            bytes.dropFirst(end).allSatisfy({ $0 <= 0x20 })
        else {
            json_object_put(object)
            object = nil
            return nil
        }
    }

    deinit { json_object_put(object) }

    /// The text, number or truth at the end of a path of keys and indices, as text.
    package subscript(path: String...) -> String? { self[path] }

    package subscript(path: [String]) -> String? {
        var place = object
        for step in path {
            if let index = Int(step) {
                guard json_object_is_type(place, json_type_array) != 0,
                    index >= 0, index < json_object_array_length(place)
                else { return nil }
                place = json_object_array_get_idx(place, index)
            } else {
                var next: OpaquePointer?
                guard json_object_is_type(place, json_type_object) != 0,
                    json_object_object_get_ex(place, step, &next) != 0
                else { return nil }
                place = next
            }
        }
        guard let place, json_object_is_type(place, json_type_object) == 0,
            json_object_is_type(place, json_type_array) == 0
        else { return nil }
        return json_object_get_string(place).map { String(cString: $0) }
    }
}
