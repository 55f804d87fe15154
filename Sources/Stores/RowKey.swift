import Basics

/// The rows that are compared and set.
enum RowKind: String, Sendable {
    case lease
    case task

    /// What is said of a row that Muster cannot have written.
    var damaged: StoreError {
        StoreError(.schema, "the row of the \(rawValue) holds what Muster did not write")
    }

    /// The same where it was one of many.
    func damaged(_ spelled: String) -> StoreError {
        StoreError(.schema, "the row of the \(rawValue) '\(spelled)' holds what Muster did not write")
    }
}

/// Of what, in which cluster and of which name a row is; the names as stores spell them.
struct RowKey: Hashable, Sendable {
    let kind: RowKind
    let cluster: String
    let name: String

    init(_ kind: RowKind, cluster: String, name: String) {
        self.kind = kind
        self.cluster = PlainName.spelled(cluster)
        self.name = PlainName.spelled(name)
    }
}

/// Which rows are listed.
struct RowPage: Sendable {
    let kind: RowKind
    /// As stores spell it, like `after`.
    let cluster: String
    /// The name before the first one; nil: from the start.
    let after: String?
    let most: Int
}

/// A row that was listed.
typealias NamedRow = (name: String, row: StoredRow)
