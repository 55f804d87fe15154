import Glibc
import Node

/// The members as a table for people.
enum MemberTable {
    static func text(_ members: Json, _ terminal: Terminal) -> String {
        var table = Table(["id", "state", "address", "role", "position", "since", "tags"])
        for member in members.elements {
            let state = member["state"]?.string ?? ""
            let seats = member["seats"]?.elements ?? []
            let isPrimary = seats.contains { $0["state"]?.string == "primary" }
            table.add([
                Table.Cell(
                    text: member["id"]?.string ?? "", colour: member["self"]?.flag == true ? .bold : nil),
                Table.Cell(text: state, colour: colour(of: state)),
                Table.Cell(text: address(of: member)),
                Table.Cell(text: seats.map(role).joined(separator: ","), colour: isPrimary ? .cyan : nil),
                Table.Cell(text: seats.map(position).joined(separator: ",")),
                Table.Cell(text: age(sinceEpochMs: member["since"]?.number ?? 0)),
                Table.Cell(text: tags(of: member)),
            ])
        }
        return table.text(terminal)
    }

    private static func address(of member: Json) -> String {
        let host = member["address"]?.string ?? ""
        return endpoint(host, member["port"]?.number ?? 0)
    }

    static func endpoint(_ host: String, _ port: Int64) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The common role needs no name.
    private static func role(_ seat: Json) -> String {
        let name = seat["role"]?.string ?? ""
        let state = seat["state"]?.string ?? ""
        return name == "primary" ? state : "\(name):\(state)"
    }

    private static func position(_ seat: Json) -> String {
        seat["position"]?.number.map(String.init) ?? "?"
    }

    private static func tags(of member: Json) -> String {
        (member["tags"]?.entries ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: " ")
    }

    private static func colour(of state: String) -> Terminal.Colour? {
        switch state {
        case "alive": .green
        case "suspect", "unresponsive": .yellow
        default: .red
        }
    }

    /// The two largest units that say something: 45s, 3m12s, 2h5m, 4d3h.
    static func age(sinceEpochMs since: Int64) -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = max(0, Int64(now.tv_sec) - since / 1000)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h\(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
        }
    }
}
