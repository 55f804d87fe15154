/// A set of defaults that fit together, named after where the members are or what counts.
///
/// What somebody sets beats the profile, option by option.
package enum Profile: String, CaseIterable, Sendable {
    case local, lan, wan, fast, frugal

    /// For whom it is: the table of `docs/options.md`.
    package var purpose: String {
        switch self {
        case .local: "all members on one machine"
        case .lan: "one data centre: the default"
        case .wan: "members far apart, answers up to half a second away"
        case .fast:
            "a switched network and processors that are not starved: failover counts, traffic does not"
        case .frugal: "many members that cost as little as possible"
        }
    }

    /// The defaults in which it differs from `lan`, which has those of the options' rows.
    package var defaults: [OptionKey: String] {
        switch self {
        case .lan: [:]
        case .local: [.probeTimeout: "100ms", .suspicionMin: "500ms", .multicastTtl: "0"]
        case .wan:
            [
                .probeInterval: "1s", .probeTimeout: "500ms", .suspicionMin: "3s", .syncInterval: "1m",
                .reconnectInterval: "5s", .failoverGrace: "3s", .failoverUnresponsiveAfter: "5s",
            ]
        case .fast:
            [
                .probeInterval: "100ms", .probeTimeout: "50ms", .suspicionMin: "100ms",
                .reconnectInterval: "500ms", .failoverGrace: "500ms", .failoverUnresponsiveAfter: "300ms",
                .failoverLease: "1s",
            ]
        case .frugal:
            [
                .probeInterval: "2s", .probeTimeout: "500ms", .suspicionMin: "3s", .syncInterval: "2m",
                .reconnectInterval: "5s", .multicastInterval: "30s", .failoverUnresponsiveAfter: "5s",
            ]
        }
    }
}
