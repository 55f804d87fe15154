/// Whose file it is. What a key means never depends on it; what becomes of a key that nobody here knows does.
package enum FileKind: Sendable {
    /// Muster's own: an unknown key is a mistake.
    case own
    /// A `bootstrap.properties` of Interlok.
    case interlok
    /// Properties that JBoss, and Immutant in it, is started with.
    case jboss
    /// A `deployment.toml` of WSO2 Micro Integrator.
    case microIntegrator

    /// By the name of the file, or by what only this program's files have in them.
    static func of(_ path: String, _ entries: [FileEntry]) -> FileKind {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] }
        let keys = entries.lazy.map(\.key)
        guard isProperties(path) else {
            let tables = ["cluster_config.", "task_handling.", "task_resolver[", "datasource["]
            let isTheirs = keys.contains { key in tables.contains { key.hasPrefix($0) } }
            return name ?? Substring(path) == "deployment.toml" || isTheirs ? .microIntegrator : .own
        }
        if name ?? Substring(path) == "bootstrap.properties" { return .interlok }
        if keys.contains(where: { $0 == "managementComponents" || $0 == "adapterConfigUrl" }) {
            return .interlok
        }
        return keys.contains { $0.hasPrefix("jboss.") } ? .jboss : .own
    }

    static func isProperties(_ path: String) -> Bool { path.hasSuffix(".properties") }

    /// The program, for people.
    package var name: String {
        switch self {
        case .own: "Muster"
        case .interlok: "Interlok"
        case .jboss: "JBoss"
        case .microIntegrator: "WSO2 Micro Integrator"
        }
    }

    /// Whether an unknown key is a mistake, rather than one of the other program's.
    func claims(_ key: String) -> Bool {
        if self == .own || FileKind.ours.contains(where: { key.hasPrefix($0) }) { return true }
        // Its files have everything in tables.
        return self == .microIntegrator && !key.utf8.contains(UInt8(ascii: "."))
    }

    private static let ours = [
        "failover.", "tasks.", "suspect.", "cluster_config.", "task_handling.", "task_resolver[",
    ]
}
