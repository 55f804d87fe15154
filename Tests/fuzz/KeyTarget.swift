import Glibc
import Sealing

@testable import Options

/// A key file; and the key's text, read by both rooms that read one.
func fuzzKey(_ input: [UInt8]) {
    write(input)
    var options = Options()
    do {
        try options.set("cluster", "orders")
        try options.set("key_file", "/proc/self/fd/\(file)")
    } catch {
        fatalError("\(error)")
    }
    let line = input.prefix { $0 != 0x0a && $0 != 0x0d }
    let text = trimmed(String(decoding: line, as: UTF8.self))
    let key = parseKey(text)
    let keys = (try? options.settings())?.keys ?? []
    // What parts several keys, or begins a comment, leaves nothing simple to compare with.
    if input.contains(where: { $0 <= 0x20 || $0 == 0x2c || $0 == 0x3b || $0 == 0x23 || $0 >= 0x80 }) {
        require(keys.allSatisfy { $0.count == 32 }, "the file holds a key of another length")
    } else {
        require(keys == (key.map { [$0] } ?? []), "the file holds another key")
    }

    let other = Key(text)
    require(key.flatMap { Key(bytes: $0) } == other, "two readers differ about \(text)")
    if let key, let other { require(parseKey(other.base64) == key, "\(text) becomes \(other.base64)") }
}

/// A file in memory without a name, which ends with the process.
private let file: Int32 = {
    var name = Array("/dev/shm/muster-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    require(descriptor >= 0 && unlink(name) == 0, "no temporary file: \(errno)")
    return descriptor
}()

private func write(_ bytes: [UInt8]) {
    let isWritten = ftruncate(file, 0) == 0 && pwrite(file, bytes, bytes.count, 0) == bytes.count
    require(isWritten, "the key file cannot be written: \(errno)")
}
