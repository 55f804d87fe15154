import Basics

extension DoctorMulticast {
    /// `others`: the members of other machines that are known otherwise. `hasSeeds`: whether something else leads to them.
    func findings(others: Set<String>, hasSeeds: Bool) -> [DoctorFinding] {
        if let obstacle { return [obstacle] }
        guard !ways.isEmpty else {
            return [
                .trouble(
                    "multicast", "", "no interface can multicast where the node is bound",
                    remedy: "give 'multicast_interface' and 'bind' that belong together, or give 'seeds'")
            ]
        }
        return ways.flatMap { findings(of: $0) } + [reached(others, hasSeeds)]
    }

    private func findings(of way: Way) -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        if !way.refusal.isEmpty {
            found.append(
                .trouble(
                    "multicast", way.interface, "the group cannot be joined: \(way.refusal)",
                    remedy: "look at the interface and its routes, or give 'seeds' and multicast=false"))
        } else if way.hearsItself {
            found.append(
                .ok("multicast", way.interface, "the group is joined, and what is sent to it comes back"))
        } else {
            found.append(
                .trouble(
                    "multicast", way.interface,
                    "the group is joined, and what is sent to it does not come back",
                    remedy:
                        "the firewall of this machine drops it, or no route leads there: let UDP to the group and port of "
                        + "'multicast_group' and 'multicast_port' through, or give 'seeds'"))
        }
        for (host, refusal) in way.misfits.sorted(by: { $0.key < $1.key }) {
            let (what, remedy): (String, String) =
                switch refusal {
                case .hasNoKey: ("without a key, and these options have one", "give all the same 'key_file'")
                case .wantsKey:
                    ("with a key, and these options have none", "give the 'key_file' of the cluster")
                case .otherVersion: ("in another version of the protocol", "bring all members to one release")
                default:
                    (
                        "under another key",
                        "compare the fingerprints of 'muster keys list'; give all the same key"
                    )
                }
            found.append(
                .trouble(
                    refusal.check, host, "a node there speaks to this cluster's multicast group \(what)",
                    remedy: remedy))
        }
        return found
    }

    private func reached(_ others: Set<String>, _ hasSeeds: Bool) -> DoctorFinding {
        let heard = members.sorted().joined(separator: ", ")
        if hasGoneFar { return .ok("multicast", "", "answered by \(heard)") }
        let known = others.isEmpty ? "" : ", though there are \(others.sorted().joined(separator: ", "))"
        let remedy =
            "let UDP to the group through on all machines, and TCP to port \(port) of this one; switches with IGMP "
            + "snooping need a querier, and many networks pass no multicast at all"
        guard heard.isEmpty else {
            // Members leave their beacons out while they hear another's: the silence of the others proves little.
            return .note(
                "multicast", "", "only members of this machine have answered (\(heard))\(known)",
                remedy:
                    "where others run on other machines: \(remedy); 'seeds' lead to them whatever multicast does"
            )
        }
        guard !others.isEmpty else {
            return .note(
                "multicast", "", "nobody has answered",
                remedy: "where others do run: \(remedy): give 'seeds'")
        }
        let text = "no other machine has answered\(known)"
        return hasSeeds
            ? .note(
                "multicast", "", text, remedy: remedy + "; or say multicast=false, since seeds lead to them")
            : .trouble("multicast", "", text, remedy: remedy + "; or give 'seeds'")
    }
}
