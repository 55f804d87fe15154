package import Basics
import Wire

/// Addresses that outlive the process: a node that starts anew finds the cluster by them even when no seed lives.
extension Membership {
    /// Where the others are, or may be again: those present, then the dead, those last seen first, then what was
    /// remembered and has not been met. At most `most`, without doubles; of too many present ones a choice that
    /// does not depend on names.
    package func addressesToRemember(most: Int) -> [Address] {
        var present = Array(view.present)
        if present.count > most { present.sort { Fnv1a.hash($0.id) < Fnv1a.hash($1.id) } }
        let lost = view.members.filter { $0.isLost }.sorted { ($1.since, $1.id) < ($0.since, $0.id) }
        var addresses: [Address] = []
        var seen: Set<Address> = [attributes.address]
        let all =
            present.map(\.address) + lost.map(\.address) + contacts.formerAddresses.reversed()
            + contacts.remembered
        for address in all where addresses.count < most && seen.insert(address).inserted {
            addresses.append(address)
        }
        return addresses
    }

    /// Others have been found: from now on what is remembered of a former life is tried like those that have been
    /// lost in this one.
    mutating func endRemembering() {
        guard !contacts.remembered.isEmpty else { return }
        for address in contacts.remembered.reversed()
        where !view.present.contains(where: { $0.address == address }) {
            contacts.addFormer(address)
        }
        contacts.remembered = []
    }
}

extension Member {
    /// Whether it should be there and is not. One that left, or was refused, is not looked for.
    var isLost: Bool { status == .dead && evidence != .duplicate && !isHearsay }
}
