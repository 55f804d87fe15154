import Basics
import Glibc

@testable import Options

/// Addresses, endpoints and seeds, beside the C library's own reader.
func fuzzAddress(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let plain = Substring(text)
    let theirs = (read(text, AF_INET, 4), read(text, AF_INET6, 16))
    require(parseIPv4(plain) == theirs.0, "IPv4 '\(text)': \(String(describing: theirs.0))")
    require(parseIPv6(plain) == theirs.1, "IPv6 '\(text)': \(String(describing: theirs.1))")

    if let address = HostAddress(text), let same = Address(bytes: address.bytes, port: 1) {
        require(HostAddress(same.host)?.bytes == address.bytes, "\(text) becomes \(same.host)")
        require(address.isLoopback == same.isLoopback, "\(text) is loopback, or not")
    }
    if let endpoint = Endpoint(text), let port = endpoint.port {
        let host = endpoint.address.isIPv4 ? endpoint.address.text : "[\(endpoint.address.text)]"
        require(Endpoint("\(host):\(port)") == endpoint, "\(text) becomes \(host):\(port)")
    }
    if let seed = Seed(text), let port = seed.port {
        let host = seed.host.contains(":") ? "[\(seed.host)]" : seed.host
        require(Seed("\(host):\(port)") == seed, "\(text) becomes \(host):\(port)")
    }
    _ = Seed.elements(of: text)
}

private func read(_ text: String, _ family: Int32, _ count: Int) -> [UInt8]? {
    // Behind a zero the C library sees nothing.
    guard !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, text, &bytes) == 1 ? bytes : nil
}
