package import Basics
import Glibc
import Threads

/// Turns host names into addresses. The C library's resolver blocks, so it runs on a thread that lives as long as
/// one round of questions.
package enum Resolver {
    /// The names, each with a port; `completion` is called on the worker thread with all addresses found, in the
    /// order of the names, without doubles. False where no thread could be started.
    package static func resolve(
        _ names: [(host: String, port: UInt16)], completion: @escaping @Sendable ([Address]) -> Void
    ) -> Bool {
        let worker = WorkerThread.start("muster-resolve") {
            var found: [Address] = []
            for name in names {
                for address in lookUp(name.host, port: name.port) where !found.contains(address) {
                    found.append(address)
                }
            }
            completion(found)
        }
        worker?.detach()
        return worker != nil
    }

    private static func lookUp(_ host: String, port: UInt16) -> [Address] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [Address] = []
        var next = list
        while let entry = next {
            if let address = address(of: entry.pointee, port: port) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(of info: addrinfo, port: UInt16) -> Address? {
        guard let pointer = info.ai_addr else { return nil }
        let raw = UnsafeRawPointer(pointer)
        switch info.ai_family {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self)
            return Address(bytes: withUnsafeBytes(of: address.sin_addr) { Array($0) }, port: port)
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self)
            let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
            return Address(bytes: bytes, port: port, scope: address.sin6_scope_id)
        default:
            return nil
        }
    }
}
