import Basics
import Options

/// What the options say by themselves, before anybody is asked.
enum DoctorOptions {
    static func findings(_ options: Options, _ settings: Settings, _ bound: Address) -> [DoctorFinding] {
        var found = options.notes.map {
            DoctorFinding.note(
                "options", "", $0, remedy: "'muster config check FILE' explains the file, key by key")
        }
        let others = settings.seeds.filter { !leadsToThisMachine($0) }.map(\.host)
        if bound.isLoopback, !others.isEmpty {
            found.append(
                .trouble(
                    "options", "bind",
                    "the node is bound to \(bound.host), from where \(others.joined(separator: ", ")) cannot be reached",
                    remedy: settings.keys.isEmpty
                        ? "give all members one key ('muster keygen', 'key_file'): without one a node binds to loopback"
                        : "leave 'bind' out, or give an address that others reach"))
        }
        if !settings.multicast, settings.seeds.isEmpty, settings.seedFile == nil, settings.seedStore == nil {
            found.append(
                .trouble(
                    "options", "seeds",
                    "multicast is off and there are no seeds: nothing leads to the others",
                    remedy: "give 'seeds', 'seed_file' or 'seed_store', or leave 'multicast' on"))
        }
        if found.allSatisfy({ $0.severity != .trouble }) {
            found.insert(
                .ok(
                    "options", "",
                    "a node of '\(settings.cluster)' could start from them, bound to \(bound.text), \(key(settings))"
                ),
                at: 0)
        }
        return found
    }

    private static func key(_ settings: Settings) -> String {
        guard let bytes = settings.keys.first, let key = DoctorKeys.ring([bytes]).first else {
            return "without a key"
        }
        return "with key \(key.fingerprint.text)"
    }

    private static func leadsToThisMachine(_ seed: Seed) -> Bool {
        HostAddress(seed.host)?.isLoopback ?? (seed.host == "localhost")
    }
}
