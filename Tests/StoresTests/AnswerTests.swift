import Stores
import Testing

/// What an etcd, or something that is none, may answer.
@Suite struct AnswerTests {
    private let plain = Array("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}".utf8)
    private let chunked = Array(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n".utf8)

    @Test func aResponseIsReadWhenItIsWhole() {
        for bytes in [plain, chunked] {
            for count in 0..<bytes.count {
                #expect(HttpReader.read(Array(bytes.prefix(count)), isAtEnd: false) == .more)
                #expect(HttpReader.read(Array(bytes.prefix(count)), isAtEnd: true) == .malformed)
            }
            guard case .response(let response) = HttpReader.read(bytes, isAtEnd: false) else {
                Issue.record("no response")
                continue
            }
            #expect(response.status == 200)
            #expect(response.keepsOpen)
            #expect(JsonText(response.body)?["a"] == "1")
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 two OK\r\n\r\n",
        "HTTP/1.1 100 Go on\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ])
    func whatIsNoResponseIsRefused(_ text: String) {
        #expect(HttpReader.read(Array(text.utf8), isAtEnd: false) == .malformed)
    }

    @Test func anyChangedByteEndsInAnAnswer() {
        for bytes in [plain, chunked] {
            for place in bytes.indices {
                for value in UInt8.min...UInt8.max {
                    var changed = bytes
                    changed[place] = value
                    if case .response(let response) = HttpReader.read(changed, isAtEnd: true) {
                        _ = JsonText(response.body)?["kvs", "0", "value"]
                    }
                }
            }
        }
    }

    @Test func base64ReadsWhatItWrites() {
        // RFC 4648, section 10.
        let words = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
        ]
        for (word, text) in words {
            #expect(Base64.text(Array(word.utf8)) == text)
            #expect(Base64.bytes(text) == Array(word.utf8))
        }
        for text in ["Z", "Zg=", "====", "Zg==Zg==", "Z*==", "Zm9v\n"] { #expect(Base64.bytes(text) == nil) }
    }

    @Test func jsonIsLookedUpByPath() {
        let json = JsonText(
            Array(#"{"kvs":[{"mod_revision":"7","lease":0}],"succeeded":true,"none":null}"#.utf8))
        #expect(json?["kvs", "0", "mod_revision"] == "7")
        #expect(json?["succeeded"] == "true")
        for path in [["kvs"], ["kvs", "1"], ["kvs", "-1"], ["none"], ["kvs", "0"], ["x", "y"]] {
            #expect(json?[path] == nil)
        }
        for text in ["", "{", "{}x", "nul"] { #expect(JsonText(Array(text.utf8)) == nil) }
    }
}
