import Sealing

/// What only shows when members are compared: clocks, versions and what fits through to them.
enum DoctorCompare {
    struct Subject {
        let name: String
        let visit: DoctorVisit
    }

    /// Jobs are due by the second.
    private static let mostMicroseconds: Int64 = 1_000_000

    static func clocks(_ subjects: [Subject]) -> [DoctorFinding] {
        subjects.map { subject in
            guard let clock = subject.visit.clock else {
                return .note(
                    "clock", subject.name, "it does not tell the time: cannot tell",
                    remedy: "its version is older: update it")
            }
            let off = abs(clock.ahead)
            let amount =
                "\(text(off)) \(clock.ahead < 0 ? "behind" : "ahead of") this machine, give or take \(text(clock.error))"
            guard off - clock.error > mostMicroseconds else {
                return .ok("clock", subject.name, "its wall clock is \(amount)")
            }
            return .trouble(
                "clock", subject.name, "its wall clock is \(amount)",
                remedy:
                    "let NTP set both clocks ('timedatectl'): jobs are due by the wall clock of the node that has them, and "
                    + "run too early or too late. Leases and failure detection do not depend on it")
        }
    }

    /// One finding: who has which.
    static func versions(_ subjects: [Subject]) -> [DoctorFinding] {
        guard !subjects.isEmpty else { return [] }
        var names: [String: [String]] = [:]
        for subject in subjects { names[subject.visit.release, default: []].append(subject.name) }
        let silent = names.removeValue(forKey: "") ?? []
        let list = names.sorted { $0.key < $1.key }.map {
            "\($0.key) (\($0.value.sorted().joined(separator: ", ")))"
        }
        var found: [DoctorFinding] = []
        if names.count == 1, let only = names.keys.first, silent.isEmpty {
            found.append(.ok("versions", "", "all that answered have \(only)"))
        } else if names.count > 1 {
            found.append(
                .note(
                    "versions", "", "several versions are in use: " + list.joined(separator: "; "),
                    remedy: "they understand each other; bring all to one when the change is over"))
        }
        if !silent.isEmpty {
            found.append(
                .note(
                    "versions", "",
                    "no version is told by \(silent.sorted().joined(separator: ", ")): cannot tell",
                    remedy: "they are older than this command: update them"))
        }
        return found
    }

    static func sizes(_ subjects: [Subject]) -> [DoctorFinding] {
        let limit = DatagramSeal.longest
        return subjects.compactMap { subject in
            guard let size = subject.visit.size else {
                guard subject.visit.echo == .answered else { return nil }
                return .note(
                    "mtu", subject.name, "how long datagrams may be on the way there could not be told",
                    remedy: "packets were lost or the time was up: try again, with a longer --timeout")
            }
            if size.whole >= limit {
                return .ok(
                    "mtu", subject.name,
                    "datagrams of \(limit) bytes, the longest of the protocol, arrive whole")
            }
            let most = "the longest that arrives whole has \(size.whole)"
            let header = subject.visit.address.bytes.count == 4 ? 28 : 48
            let wanted = "raise the MTU on the way to \(limit + header) or more"
            guard !size.arrivesAnyhow else {
                return .note(
                    "mtu", subject.name, "datagrams of \(limit) bytes arrive in pieces: \(most) bytes",
                    remedy: wanted + ": where one piece is lost, all is")
            }
            return .trouble(
                "mtu", subject.name, "datagrams of \(limit) bytes do not arrive: \(most) bytes",
                remedy: wanted + " ('ip link', tunnels, VPNs), or let ICMP 'fragmentation needed' through")
        }
    }

    private static func text(_ microseconds: Int64) -> String {
        switch microseconds {
        case ..<1000: "\(microseconds) us"
        case ..<10_000_000: "\((microseconds + 500) / 1000) ms"
        default: "\((microseconds + 500_000) / 1_000_000) s"
        }
    }
}
