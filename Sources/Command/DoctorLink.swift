import Transport

/// The interface on which nodes look for link-local addresses, as `Surroundings` of the node chooses it.
enum DoctorLink {
    /// The one for beacons, or the first that has such an address itself; 0 where there is none.
    static func index(_ wanted: String?) -> UInt32 {
        let links = Interface.all().filter { $0.isUp && $0.addresses.contains(where: \.isLinkLocal) }
        let link = links.first { $0.name == wanted } ?? links.first
        return link?.index ?? 0
    }
}
