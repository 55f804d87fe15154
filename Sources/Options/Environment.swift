import Glibc

extension Options {
    /// Reads the environment: `MUSTER_NODE_ID` always, a variable for every other option where `all` is said.
    ///
    /// A library has no business in its host's environment beyond its own identity; the command owns its
    /// process and reads all. Bad values are reported by `get` and `settings`, unless something stronger
    /// overrides them.
    package mutating func applyEnvironment(all: Bool) {
        applyEnvironment(all: all) { variable in
            guard let value = getenv(variable) else { return nil }
            return [UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value)))
        }
    }

    /// Where WSO2 finds the id of a node before it looks into its file. Read where such a file was.
    private static let foreignIdentity = "nodeId"

    /// The same from any source of variables.
    mutating func applyEnvironment(all: Bool, lookup: (String) -> [UInt8]?) {
        for row in OptionTable.rows where all || row.key == .nodeId {
            var variable = row.environmentVariable
            var bytes = lookup(variable) ?? []
            if row.key == .nodeId, bytes.isEmpty, hasForeignIdentity {
                variable = Options.foreignIdentity
                bytes = lookup(variable) ?? []
            }
            let text = String(validating: bytes, as: UTF8.self)
            let value = trimmed(text ?? "?")
            guard !value.isEmpty else {
                adopt(environment: nil, for: row.key)
                continue
            }
            let origin = Origin.environment(variable: variable)
            adopt(
                environment: Given(text: value, spelling: row.name, origin: origin, isBroken: text == nil),
                for: row.key)
        }
    }
}
