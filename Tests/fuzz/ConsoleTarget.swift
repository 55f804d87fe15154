import Glibc

@testable import Stores

/// What a client of the HTTP console sends. Whatever it is, what is answered is HTTP, or nothing.
func fuzzConsole(_ input: [UInt8]) {
    let answer = Citizen.said(input, by: dial) { _ in true }
    // Who expects so is told to go on before the answer.
    let begin = answer.starts(with: "HTTP/1.1 100".utf8) || answer.starts(with: "HTTP/1.0 100".utf8)
    guard !answer.isEmpty, !begin else { return }
    let first = answer.prefix { $0 != 0x0d }
    let words = String(decoding: first, as: UTF8.self).split(separator: " ", maxSplits: 2)
    require(words.count == 3 && ["HTTP/1.1", "HTTP/1.0"].contains(words[0]), "no status line: \(words)")
    require((200..<600).contains(Int(words[1]) ?? 0), "no status: \(words)")
    require(HttpReader.read(answer, isAtEnd: false) != .malformed, "no answer of HTTP: \(words)")
}

private func dial(_ citizen: Citizen) -> Int32? {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    // No port waits for what may still come.
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = citizen.consolePort.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let isThere = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    if isThere { return client }
    close(client)
    return nil
}
