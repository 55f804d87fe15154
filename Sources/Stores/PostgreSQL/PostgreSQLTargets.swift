import CStores
import Glibc

/// The parameters of a URL, once for each host it names.
///
/// libpq goes from one host to the next by itself, but in its non-blocking form it stays for ever with one that does not
/// answer; so each host is an attempt of its own here, with its share of the time.
struct PostgreSQLTargets: Sendable {
    typealias Parameters = [(keyword: String, value: String)]
    let attempts: [Parameters]

    init(_ library: PostgreSQLLibrary, url: String) throws(StoreError) {
        let parameters = try Self.parse(library, url)
        func list(_ keyword: String) -> [String] {
            guard let value = parameters.first(where: { $0.keyword == keyword })?.value else { return [] }
            return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let lists = ["host", "hostaddr", "port"].map { ($0, list($0)) }
        let count = max(1, lists[0].1.count, lists[1].1.count)
        for (keyword, values) in lists where values.count > 1 && values.count != count {
            throw StoreError(.badSettings, "\(values.count) values of \(keyword) for \(count) hosts")
        }
        attempts = (0..<count).map { index in
            var attempt = parameters
            for (keyword, values) in lists where values.count > 1 {
                attempt.removeAll { $0.keyword == keyword }
                attempt.append((keyword, values[index]))
            }
            return attempt
        }
    }

    private static func parse(_ library: PostgreSQLLibrary, _ url: String) throws(StoreError) -> Parameters {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = library.calls.conninfoParse(url, &message) else {
            // Its text may repeat the password.
            library.calls.freemem(message)
            throw StoreError(.badSettings, "libpq does not understand this postgresql:// URL")
        }
        defer { library.calls.conninfoFree(options) }
        var parameters: Parameters = []
        var defaults = ["target_session_attrs": "read-write", "fallback_application_name": "muster"]
        // Else libpq asks Kerberos with each connection, whose library aborts hosts that exit meanwhile.
        if getenv("PGGSSENCMODE") == nil { defaults["gssencmode"] = "disable" }
        var next = options
        while let name = next.pointee.keyword {
            let keyword = String(cString: name)
            // Only what this libpq knows.
            if let value = next.pointee.val.map({ String(cString: $0) }) ?? defaults[keyword] {
                parameters.append((keyword, value))
            }
            next += 1
        }
        return parameters
    }
}
