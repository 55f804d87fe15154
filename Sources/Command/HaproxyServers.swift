/// The places of a backend as HAProxy lists them, and what it must be told so that they are as the members are.
///
/// HAProxy 2.6, management guide, section 9.3: "show servers state" and "set server".
struct HaproxyServers {
    struct Server: Hashable {
        var address: String
        var port: UInt16
        var checkPort: UInt16?
    }

    struct Order {
        var verb: String
        var server: String
        var rest: String
    }

    private struct Place {
        var name: String
        var address: String
        var port: UInt16
        var isInMaintenance: Bool
    }

    private var places: [Place] = []
    /// How many members found none.
    private(set) var withoutPlace = 0

    /// Nil where the text is no such list.
    init?(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        guard lines.count >= 2, lines[0] == ["1"], lines[1].first == "#" else { return nil }
        let columns = Array(lines[1].dropFirst())
        guard let name = columns.firstIndex(of: "srv_name"), let address = columns.firstIndex(of: "srv_addr"),
            let port = columns.firstIndex(of: "srv_port"),
            let admin = columns.firstIndex(of: "srv_admin_state")
        else { return nil }
        for line in lines.dropFirst(2) {
            guard line.count > max(name, address, port, admin) else { continue }
            // Maintenance by order (1), of a server that it tracks (2), by name lookup (32). That it was so once by the
            // configuration (4) says nothing of now.
            let state = Int(line[admin]) ?? 0
            places.append(
                Place(
                    name: line[name], address: line[address], port: UInt16(line[port]) ?? 0,
                    isInMaintenance: state & 0b100011 != 0))
        }
    }

    /// Letters, digits, '-', '_', '.' and ':': whatever else would be another word to HAProxy.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }

    mutating func orders(for wanted: [Server]) -> [Order] {
        var orders: [Order] = []
        var free = Set(places.indices)
        var homeless: [Server] = []
        for server in wanted where Self.isName(server.address) {
            let own = places.indices.first {
                free.contains($0) && places[$0].address == server.address && places[$0].port == server.port
            }
            guard let own else {
                homeless.append(server)
                continue
            }
            free.remove(own)
            orders += checks(server, at: places[own])
            if places[own].isInMaintenance { orders.append(order(places[own], "state ready")) }
        }
        for index in free.sorted() {
            guard !homeless.isEmpty else {
                if !places[index].isInMaintenance { orders.append(order(places[index], "state maint")) }
                continue
            }
            let server = homeless.removeFirst()
            // Nobody is sent to it while it is half one and half the other.
            if !places[index].isInMaintenance { orders.append(order(places[index], "state maint")) }
            orders.append(order(places[index], "addr \(server.address) port \(server.port)"))
            orders += checks(server, at: places[index])
            orders.append(order(places[index], "state ready"))
        }
        withoutPlace = homeless.count
        return orders
    }

    private func checks(_ server: Server, at place: Place) -> [Order] {
        // HAProxy does not say where it checks, and setting it to the same is nothing.
        guard let port = server.checkPort, place.isInMaintenance || place.port != server.port else {
            return []
        }
        return [order(place, "check-port \(port)")]
    }

    private func order(_ place: Place, _ rest: String) -> Order {
        Order(verb: "set server", server: place.name, rest: rest)
    }

    /// It says nothing, what it has changed, or that there was nothing to change; all else is a refusal.
    func isDone(_ answer: String) -> Bool {
        let words = answer.split { $0 == " " || $0 == "\n" }
        guard let first = words.first else { return true }
        return ["IP", "port", "health", "no", "nothing"].contains(String(first))
    }
}
