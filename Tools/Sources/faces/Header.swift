// include/muster.h.

private let width = 100

extension Face {
    /// The header that hosts include.
    func header() -> String {
        let sections = sections.map { section in
            ([ruler(section.title)] + prose(section.prose) + blocks(section.declarations))
                .joined(separator: "\n\n")
        }
        return ([headerStart(version)] + sections + [headerEnd]).joined(separator: "\n\n")
    }
}

private func ruler(_ title: String) -> String {
    let start = "/* -- \(title) "
    return start + String(repeating: "-", count: width - start.count - 3) + " */"
}

private func prose(_ paragraphs: [String]) -> [String] {
    paragraphs.isEmpty ? [] : [comment(paragraphs)]
}

/// The text of each declaration; handles stand close together.
private func blocks(_ declarations: [Declaration]) -> [String] {
    var handles: [Handle] = []
    var blocks: [String] = []
    for declaration in declarations {
        switch declaration {
        case .handle(let handle): handles.append(handle)
        case .function(let function): blocks.append(text(of: function))
        case .callback(let callback): blocks.append(text(of: callback))
        case .enumeration(let enumeration): blocks.append(text(of: enumeration))
        case .record(let record): blocks.append(comment(record.doc) + "\n" + record.text)
        }
    }
    return (handles.isEmpty ? [] : [text(of: handles)]) + blocks
}

private func text(of handles: [Handle]) -> String {
    let left = handles.map { "typedef struct \($0.name.without(suffix: "_t")) \($0.name);" }
    let column = left.map(\.count).max() ?? 0
    return zip(left, handles).map { declaration, handle in
        declaration.padded(to: column) + " /* " + handle.doc.joined(separator: " ") + " */"
    }.joined(separator: "\n")
}

private func text(of enumeration: Enumeration) -> String {
    let column = enumeration.cases.map(\.name.count).max() ?? 0
    let values = enumeration.cases.map { "\($0.value)" }
    let numbers = values.map(\.count).max() ?? 0
    let last = enumeration.cases.count - 1
    let rows = zip(enumeration.cases, values).enumerated().map { index, row in
        let value = String(repeating: " ", count: numbers - row.1.count) + row.1
        let comma = index < last ? "," : " "
        return "    \(row.0.name.padded(to: column)) = \(value)\(comma) /* \(row.0.comment) */"
    }
    return comment(enumeration.doc) + "\ntypedef enum \(enumeration.name) {\n"
        + rows.joined(separator: "\n") + "\n} \(enumeration.name);"
}

private func text(of callback: Callback) -> String {
    comment(callback.doc) + "\n" + callback.declaration()
}

private func text(of function: Function) -> String {
    comment(function.doc) + "\n" + function.declaration(prefix: "CLUSTER_API ")
}

extension Function {
    /// The prototype in C, with its semicolon.
    func declaration(prefix: String) -> String {
        let checked = isChecked && !prefix.isEmpty ? "CLUSTER_CHECKED " : ""
        return signature(prefix + checked + result.declaring(name), parameters)
    }
}

extension Callback {
    /// The type definition in C.
    func declaration() -> String {
        signature("typedef " + result.declaring("(*\(name))"), parameters)
    }
}

private func signature(_ start: String, _ parameters: [Variable]) -> String {
    let list = parameters.isEmpty ? ["void"] : parameters.map { $0.type.declaring($0.name) }
    let line = start + "(" + list.joined(separator: ", ") + ");"
    if line.count <= width { return line }
    return start + "(\n" + filled(list).map { "    " + $0 }.joined(separator: "\n") + ");"
}

/// Parameters on as few lines as they fit.
private func filled(_ parameters: [String]) -> [String] {
    var lines: [String] = []
    for (index, parameter) in parameters.enumerated() {
        let piece = parameter + (index < parameters.count - 1 ? "," : "")
        if let last = lines.last, last.count + piece.count + 7 <= width {
            lines[lines.count - 1] = last + " " + piece
        } else {
            lines.append(piece)
        }
    }
    return lines
}

/// Paragraphs as one C comment.
private func comment(_ paragraphs: [String]) -> String {
    var lines: [String] = []
    for paragraph in paragraphs {
        if !lines.isEmpty { lines.append("") }
        lines += wrapped(paragraph.withoutTicks, width: width - 6)
    }
    let marked = lines.enumerated().map { index, line in
        index == 0 ? "/* " + line : line.isEmpty ? " *" : " * " + line
    }
    return marked.joined(separator: "\n") + " */"
}

extension CType {
    /// The type with a name, as in `char **json`.
    func declaring(_ name: String) -> String {
        switch self {
        case .void: "void \(name)"
        case .named(let type, _): "\(type) \(name)"
        case .pointer(let pointee, let const): (const ? "const " : "") + pointee.declaring("*" + name)
        }
    }
}
