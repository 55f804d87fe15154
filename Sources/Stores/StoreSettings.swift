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
    package var makesTables = true

    package init(url: String, cluster: String, patience: Interval) {
        self.url = url
        self.cluster = cluster
        self.patience = patience
    }

    /// Lower-case letters, digits and underlines, so that it needs quotes in no dialect.
    var hasValidPrefix: Bool {
        guard let first = prefix.utf8.first else { return false }
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        return isLetter && prefix.utf8.count <= 40 && prefix.utf8.allSatisfy(Self.isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
