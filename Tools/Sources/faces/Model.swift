// What the C face consists of, between reading the sources and writing each output.

/// A C type, as far as the face needs it.
indirect enum CType: Equatable, Sendable {
    /// What a name stands for.
    enum Kind { case scalar, enumeration, record, callback, handle }

    case void
    case named(String, Kind)
    case pointer(to: CType, const: Bool)
}

/// A parameter of a function or callback, or a field of a structure.
struct Variable {
    let name: String
    let type: CType
    var comment = ""
}

struct Function {
    let name: String
    let doc: [String]
    let parameters: [Variable]
    let result: CType
    /// Ignoring the result is a mistake.
    let isChecked: Bool
}

struct Callback {
    let name: String
    let doc: [String]
    let parameters: [Variable]
    let result: CType
}

struct Handle {
    let name: String
    let doc: [String]
}

struct Enumeration {
    struct Case {
        let name: String
        let value: Int
        let comment: String
    }

    let name: String
    let doc: [String]
    let isSigned: Bool
    let cases: [Case]
}

struct Record {
    let name: String
    let doc: [String]
    let fields: [Variable]
    /// The declaration as it stands in the source, from `typedef` on.
    let text: String
}

enum Declaration {
    case function(Function)
    case callback(Callback)
    case handle(Handle)
    case enumeration(Enumeration)
    case record(Record)
}

/// One group of declarations; a file of the sources.
struct Section {
    let title: String
    let prose: [String]
    var declarations: [Declaration]
}

struct Version {
    let major: Int
    let minor: Int
    let patch: Int

    var text: String { "\(major).\(minor).\(patch)" }
    /// The name of the symbol version node.
    var node: String { "MUSTER_\(major).\(minor)" }
}

/// The whole face.
struct Face {
    let version: Version
    let sections: [Section]

    var declarations: [Declaration] { sections.flatMap(\.declarations) }

    var functions: [Function] {
        declarations.compactMap { if case .function(let function) = $0 { function } else { nil } }
    }
    var callbacks: [Callback] {
        declarations.compactMap { if case .callback(let callback) = $0 { callback } else { nil } }
    }
    var enumerations: [Enumeration] {
        declarations.compactMap { if case .enumeration(let enumeration) = $0 { enumeration } else { nil } }
    }
    var records: [Record] {
        declarations.compactMap { if case .record(let record) = $0 { record } else { nil } }
    }
}

/// A source that the generator does not understand. It stops rather than guess.
struct Unclear: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
