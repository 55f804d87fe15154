import Basics
import Glibc
import Options
import Transport

/// Whether a node could listen where the options say, and who does where it could not.
enum DoctorPorts {
    static func findings(
        _ settings: Settings, _ pass: DoctorPass, until deadline: Int64
    ) -> [DoctorFinding] {
        let bound = pass.bound
        guard bound.port != 0 else { return [.ok("ports", bound.host, "any port that is free is taken")] }
        var holders: [DoctorFinding] = []
        for offset in 0..<settings.portRange {
            guard let port = UInt16(exactly: Int(bound.port) + offset) else { break }
            let address = bound.with(port: port)
            switch attempt(address) {
            case .free:
                guard offset > 0 else { return [.ok("ports", bound.text, "UDP and TCP are free")] }
                return holders + [moved(to: port, from: bound)]
            case .held(let protocols):
                // One answer explains it; whoever holds the rest of a range is of the same kind.
                guard holders.isEmpty else { continue }
                holders.append(holder(of: address, protocols, pass, until: deadline))
                // A node of the cluster is where it should be.
                if holders[0].severity == .ok { return holders }
            case .impossible(let reason):
                return [impossible(address, reason)]
            }
        }
        return holders + [
            .trouble(
                "ports", bound.text,
                "each of the \(settings.portRange) ports from \(bound.port) on is held: a node cannot start",
                remedy:
                    "free the port, or give another 'port' or a larger 'port_range'; 'ss -tulpn' tells who holds them"
            )
        ]
    }

    private enum Attempt {
        case free
        case held([String])
        case impossible(String)
    }

    /// As a node binds: with SO_REUSEADDR for TCP, without for UDP.
    private static func attempt(_ address: Address) -> Attempt {
        var held: [String] = []
        for (name, type) in [("UDP", SOCK_DGRAM), ("TCP", SOCK_STREAM)] {
            let descriptor = DoctorSocket.open(address, type)
            guard descriptor >= 0 else { return .impossible(DoctorSocket.reason(errno)) }
            defer { close(descriptor) }
            if name == "TCP" { DoctorSocket.set(descriptor, Int32(SOL_SOCKET), SO_REUSEADDR, Int32(1)) }
            var code = DoctorSocket.bind(descriptor, to: address)
            // Two who may share an address do not both listen there.
            if code == 0, name == "TCP", listen(descriptor, 1) != 0 { code = errno }
            if code == EADDRINUSE {
                held.append(name)
            } else if code != 0 {
                return .impossible(DoctorSocket.reason(code))
            }
        }
        return held.isEmpty ? .free : .held(held)
    }

    private static func holder(
        of address: Address, _ protocols: [String], _ pass: DoctorPass, until deadline: Int64
    ) -> DoctorFinding {
        let loopback: [UInt8] =
            address.bytes.count == 4 ? [127, 0, 0, 1] : [UInt8](repeating: 0, count: 15) + [1]
        let near = address.isUnspecified ? Address(bytes: loopback, port: address.port) ?? address : address
        let door = DoctorVisit.pay(near, pass, until: deadline)?.door
        if case .member(let member) = door {
            return .ok("ports", address.text, "held by '\(member.id)', a node of this cluster with this key")
        }
        let holds =
            protocols.joined(separator: " and ") + " " + (protocols.count == 1 ? "is" : "are") + " held by "
        let who: String =
            switch door {
            case .closed(.otherCluster): "a node of another cluster"
            case .closed(.otherKey), .closed(.hasNoKey), .closed(.wantsKey):
                "a node of this cluster under another key"
            case .mute: "a program that accepts connections and has said nothing"
            case .closed(.notMuster): "another program"
            // The time was up; or it is at another address of this machine than the one that was asked.
            case nil: "somebody"
            default: address.isUnspecified ? "somebody" : "another program"
            }
        return .note(
            "ports", address.text, holds + who,
            remedy:
                "'ss -tulpn sport = :\(address.port)' tells which; a node would take the next free port of 'port_range'"
        )
    }

    private static func moved(to port: UInt16, from bound: Address) -> DoctorFinding {
        .note(
            "ports", bound.text, "a node would listen at port \(port)",
            remedy:
                "seeds of others that name port \(bound.port) will not find it there: give each node of a machine its own 'port'"
        )
    }

    private static func impossible(_ address: Address, _ reason: String) -> DoctorFinding {
        .trouble(
            "ports", address.text, "a node cannot listen there: \(reason)",
            remedy:
                "'bind' must be an address of this machine ('ip address' lists them), and 'port' one that this user may take"
        )
    }
}
