// Files without Foundation.

import Glibc

func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Unclear("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 {
        bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Writes the file and makes the folders on the way to it.
func write(_ text: String, to path: String) throws {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
        folder += (folder.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
        mkdir(folder, 0o777)
    }
    guard let file = fopen(path, "w") else { throw Unclear("cannot write \(path)") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Unclear("cannot write \(path)") }
}

/// One line to standard error.
func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = Glibc.write(2, bytes, bytes.count)
}
