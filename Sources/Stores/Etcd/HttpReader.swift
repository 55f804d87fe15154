/// Reads one HTTP/1.1 response out of the bytes that came so far. Whatever they are, reading ends in a response, in
/// "more is needed", or in an error; nothing is allocated by a length that the other side only claims.
package enum HttpReader {
    package struct Response: Equatable {
        package var status: Int
        package var body: [UInt8]
        /// Whether the connection may carry another request.
        package var keepsOpen: Bool
    }
    package enum Outcome: Equatable {
        case more
        case response(Response)
        case malformed
    }

    /// More than the longest list of members is.
    package static let longest = 2 << 20

    package static func read(_ bytes: [UInt8], isAtEnd: Bool) -> Outcome {
        guard bytes.count <= longest else { return .malformed }
        guard let (head, start) = head(of: bytes) else { return isAtEnd ? .malformed : .more }
        guard let response = parse(head) else { return .malformed }
        let rest = bytes[start...]
        if response.isChunked { return chunked(rest, response, isAtEnd) }
        if let length = response.length {
            guard length <= longest else { return .malformed }
            guard rest.count >= length else { return isAtEnd ? .malformed : .more }
            return .response(response.with(Array(rest.prefix(length)), keepsOpen: rest.count == length))
        }
        return isAtEnd ? .response(response.with(Array(rest), keepsOpen: false)) : .more
    }

    private struct Head {
        var status = 0
        var length: Int?
        var isChunked = false
        var closes = false

        func with(_ body: [UInt8], keepsOpen: Bool) -> Response {
            Response(status: status, body: body, keepsOpen: keepsOpen && !closes)
        }
    }

    private static func head(of bytes: [UInt8]) -> ([Substring], Int)? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        guard let at = (0...(bytes.count - 4)).first(where: { bytes[$0..<($0 + 4)].elementsEqual(end) })
        else {
            return nil
        }
        let text = String(decoding: bytes[..<at], as: UTF8.self)
        return (text.split(separator: "\r\n", omittingEmptySubsequences: false), at + 4)
    }

    private static func parse(_ lines: [Substring]) -> Head? {
        var head = Head()
        guard let first = lines.first, first.hasPrefix("HTTP/1.") else { return nil }
        let words = first.split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]), (200...599).contains(status) else { return nil }
        head.status = status
        head.closes = first.hasPrefix("HTTP/1.0")
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].filter { $0 != " " }.lowercased()
            switch line[..<colon].lowercased() {
            case "content-length":
                guard let length = Int(value), length >= 0, head.length == nil else { return nil }
                head.length = length
            case "transfer-encoding": head.isChunked = value.hasSuffix("chunked")
            case "connection": head.closes = head.closes || value == "close"
            default: break
            }
        }
        return head
    }

    private static func chunked(_ bytes: ArraySlice<UInt8>, _ head: Head, _ isAtEnd: Bool) -> Outcome {
        var rest = bytes
        var body: [UInt8] = []
        while true {
            guard let end = rest.firstIndex(of: 10) else { return isAtEnd ? .malformed : .more }
            let digits = rest[..<end].prefix { $0 != UInt8(ascii: ";") && $0 != 13 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0,
                size <= longest
            else { return .malformed }
            rest = rest[(end + 1)...]
            // The bytes and their line's end; the last chunk has none, and we ask for no trailers.
            guard rest.count >= size + 2 else { return isAtEnd ? .malformed : .more }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
            if size == 0 { return .response(head.with(body, keepsOpen: rest.isEmpty)) }
        }
    }
}
