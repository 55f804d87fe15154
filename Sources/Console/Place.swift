import Node
import Tasks

/// What stands at a path.
enum Place {
    /// The live page.
    case page
    case description
    case metrics
    /// The list in the shape of Interlok's cluster manager.
    case clusterManager
    case health(Health)
    case events
    case reading(NodeRequest)
    case order(Order)
    /// No path: the console itself.
    case server

    enum Health {
        case live, ready, primary, standby
        case role(String)
    }

    /// What a POST asks for; the body may name a member and a time.
    enum Order {
        case stepDown(String)
        case promote(String)
        case pause(String)
        case resume(String)
        case task(TaskOrder.Verb, String)
        case leave
    }

    /// Whose methods these are: RFC 9110, section 9.3.
    var methods: String {
        switch self {
        case .server: "GET, HEAD, POST, OPTIONS"
        case .order: "POST, OPTIONS"
        default: "GET, HEAD, OPTIONS"
        }
    }

    /// Whether it is asked by machines that have no token: it tells nothing but that the node is well, or is the page
    /// that asks for the token.
    var isOpen: Bool {
        switch self {
        case .page, .health, .server: true
        default: false
        }
    }

    init?(_ path: [String], clusterManager: [String]) {
        if path == clusterManager {
            self = .clusterManager
            return
        }
        switch path.count {
        case 0: self = .page
        case 1: self.init(top: path[0])
        case 2 where path[0] == "role": self = .health(.role(path[1]))
        case 2 where path[0] == "v1": self.init(reading: path[1])
        case 4 where path[0] == "v1" && path[1] == "roles": self.init(role: path[2], verb: path[3])
        case 4 where path[0] == "v1" && path[1] == "tasks":
            guard let verb = TaskOrder.Verb(word: path[3]) else { return nil }
            self = .order(.task(verb, path[2]))
        default: return nil
        }
    }

    private init?(top word: String) {
        switch word {
        case "live": self = .health(.live)
        case "ready": self = .health(.ready)
        case "primary": self = .health(.primary)
        case "standby": self = .health(.standby)
        case "metrics": self = .metrics
        default: return nil
        }
    }

    private init?(reading word: String) {
        switch word {
        case "members": self = .reading(.members)
        case "self": self = .reading(.own)
        case "roles": self = .reading(.roles)
        case "tasks": self = .reading(.tasksOfOthers)
        case "statistics": self = .reading(.statistics)
        case "guarantee": self = .reading(.guarantees)
        case "events": self = .events
        case "openapi.json": self = .description
        case "leave": self = .order(.leave)
        default: return nil
        }
    }

    private init?(role: String, verb: String) {
        switch verb {
        case "step-down": self = .order(.stepDown(role))
        case "promote": self = .order(.promote(role))
        case "pause": self = .order(.pause(role))
        case "resume": self = .order(.resume(role))
        default: return nil
        }
    }
}
