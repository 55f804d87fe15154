package import Basics

/// Which store, and whose rows in it.
package struct StoreSettings: Sendable {
    package var url: String
    package var cluster: String
    /// What the names of the tables begin with (etcd: of the keys).
    package var prefix = "muster_"
    /// How long any one request may take.
    package var patience: Interval
    /// Whether tables that are missing are made.
    package var makesTables: Bool

    package init(url: String, cluster: String, patience: Interval, makesTables: Bool = true) {
        self.url = url
        self.cluster = cluster
        self.patience = patience
        self.makesTables = makesTables
    }
}
