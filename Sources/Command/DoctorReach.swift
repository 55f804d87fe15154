import Basics

/// What the visits say about the way to each address: nobody, a wall, or somebody who does not let us in.
struct DoctorReach {
    /// How people know the place: a seed as it is written, or a member's id.
    let subject: String
    let visit: DoctorVisit
    /// Whether the options would have a node listen at this very place.
    let isOwnPlace: Bool
    /// Whether it is what others are told of a node of this machine, which behind a translator leads nowhere from here.
    let isTold: Bool

    private var place: String { visit.address.text }

    var findings: [DoctorFinding] {
        switch visit.door {
        case .member(let identity): return atMember(identity)
        case .refused where isOwnPlace:
            return [.ok("reach", subject, "\(place) is this machine's own, where no node listens")]
        case .refused where isTold, .silent where isTold, .unreachable where isTold:
            return [
                .note(
                    "reach", subject,
                    "\(place) is what others are told of this machine's node, and leads nowhere from here",
                    remedy: "behind a translator (NAT) that is usual: run this on another machine to see more"
                )
            ]
        case .refused:
            return [
                .trouble(
                    "reach", subject, "nobody listens at \(place): its machine refuses connections",
                    remedy:
                        "start the node there, or correct the address; 'muster members' on that machine shows its port"
                )
            ]
        case .silent:
            let datagrams: String =
                switch visit.echo {
                case .answered: ", though UDP is answered"
                case nil: " over TCP"
                default: ", neither over TCP nor over UDP"
                }
            return [
                .trouble(
                    "reach", subject, "\(place) is silent\(datagrams)",
                    remedy:
                        "the machine is down, the address is wrong, or a firewall drops packets: let TCP and UDP of port "
                        + "\(visit.address.port) through in both directions")
            ]
        case .unreachable(let reason):
            return [
                .trouble(
                    "reach", subject, "\(place) cannot be reached: \(reason)",
                    remedy:
                        "look at the routes ('ip route get \(visit.address.host)') and at the own firewall")
            ]
        case .mute:
            return [
                .trouble(
                    "reach", subject,
                    "\(place) accepts connections, and has not answered within \(DoctorVisit.patienceText)",
                    remedy:
                        "its process is stopped, frozen or short of processor time, or it is no node: look at it with "
                        + "'muster stats' on that machine")
            ]
        case .closed(let refusal): return [refused(refusal)]
        }
    }

    private func atMember(_ identity: Identity) -> [DoctorFinding] {
        let who = identity.id == subject ? place : "\(place) is '\(identity.id)', and"
        switch visit.echo {
        case .answered: return [.ok("reach", subject, "\(who) answers over TCP and UDP")]
        case nil:
            return [
                .note(
                    "reach", subject, "\(who) answers over TCP; whether over UDP could not be told in time",
                    remedy: "give a longer --timeout")
            ]
        case .silent:
            return [
                .trouble(
                    "reach", subject, "\(who) answers over TCP, and is silent over UDP",
                    remedy:
                        "let UDP of port \(visit.address.port) through in both directions: without it members suspect each "
                        + "other all the time")
            ]
        case .refused:
            return [
                .trouble(
                    "reach", subject, "\(who) answers over TCP, and its machine refuses UDP",
                    remedy:
                        "a firewall rejects UDP of port \(visit.address.port), or a translator (NAT) passes on TCP only"
                )
            ]
        case .unreachable(let reason):
            return [
                .trouble(
                    "reach", subject, "\(who) answers over TCP, and UDP cannot be sent: \(reason)",
                    remedy: "look at the own firewall and routes")
            ]
        }
    }

    private func refused(_ refusal: DoctorRefusal) -> DoctorFinding {
        let (text, remedy): (String, String) =
            switch refusal {
            case .otherCluster:
                (
                    "\(place) is a node of another cluster",
                    "give both the same 'cluster', letter by letter; 'muster members' on that machine shows its own"
                )
            case .otherVersion:
                (
                    "\(place) speaks another version of the protocol",
                    "bring all members to one release: versions of the envelope are not negotiated"
                )
            case .hasNoKey:
                (
                    "\(place) is a node of this cluster without a key, and these options have one",
                    "give it the same 'key_file', or take the key out of both"
                )
            case .wantsKey:
                (
                    "\(place) is a node of this cluster with a key, and these options have none",
                    "give the 'key_file' of the cluster"
                )
            case .otherKey:
                (
                    "\(place) is a node of this cluster that rejects our key",
                    "compare the fingerprints: 'muster keys list' there, and the one under 'options' here; give both the same key"
                )
            case .notMuster:
                (
                    "\(place) is held by a program that does not speak Muster's protocol",
                    "correct the port, or stop that program"
                )
            case .unknown:
                (
                    "\(place) closes connections without a word",
                    "it has too many connections, is just ending, or something between closes them: try again, and look at its log"
                )
            }
        return .trouble(refusal.check, subject, text, remedy: remedy)
    }
}

extension DoctorRefusal {
    /// The kind of look that it belongs to.
    var check: String {
        switch self {
        case .hasNoKey, .wantsKey, .otherKey: "key"
        case .otherVersion: "versions"
        default: "reach"
        }
    }
}
