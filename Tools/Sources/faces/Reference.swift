// docs/c-api.md.

extension Face {
    /// The reference page: the header's text, for reading in a browser.
    func reference() -> String {
        let intro = """
            # The C API

            Everything in `muster.h`, version \(version.text). Made from the library's sources by
            `Tools/generate`: edit those.

            All functions may be called from any thread. A result of 0 is success, a positive one means that there
            is nothing now, a negative one is failure, and `cluster_last_error()` has the detail of the calling
            thread's last failure. Out parameters are written only on success. Durations are milliseconds; -1 is no
            limit, 0 does not wait. In a child forked after `cluster_join()` everything but closing and freeing
            answers `CLUSTER_E_FORKED`. Only `cluster_wakeup()` may be called from a signal handler.
            """
        let contents = sections.map { section in
            let names = section.declarations.map { "[\($0.name)](#\($0.name))" }
            return "- \(section.title): " + names.joined(separator: ", ")
        }
        let parts = [intro, contents.joined(separator: "\n")] + sections.map(page)
        return parts.joined(separator: "\n\n") + "\n"
    }
}

private func page(_ section: Section) -> String {
    (["## \(section.title)"] + section.prose + section.declarations.map(entry)).joined(separator: "\n\n")
}

private func entry(_ declaration: Declaration) -> String {
    ["### \(declaration.name)", declaration.reference].joined(separator: "\n\n")
}

extension Declaration {
    var name: String {
        switch self {
        case .function(let function): function.name
        case .callback(let callback): callback.name
        case .handle(let handle): handle.name
        case .enumeration(let enumeration): enumeration.name
        case .record(let record): record.name
        }
    }

    fileprivate var reference: String {
        switch self {
        case .function(let function):
            code(function.declaration(prefix: "")) + text(function.doc)
        case .callback(let callback):
            code(callback.declaration()) + text(callback.doc)
        case .handle(let handle):
            "An opaque handle: " + handle.doc.joined(separator: " ") + "."
        case .enumeration(let enumeration):
            enumeration.doc.joined(separator: "\n\n")
                + table(
                    ["name", "value", "meaning"],
                    enumeration.cases.map { ["`\($0.name)`", "\($0.value)", $0.comment] })
        case .record(let record):
            record.doc.joined(separator: "\n\n")
                + table(
                    ["field", "type", "meaning"],
                    record.fields.map { ["`\($0.name)`", "`\($0.type.spelled)`", $0.comment] })
        }
    }
}

private func code(_ text: String) -> String { "```c\n\(text)\n```" }

private func text(_ paragraphs: [String]) -> String {
    paragraphs.map { "\n\n" + $0 }.joined()
}

private func table(_ head: [String], _ rows: [[String]]) -> String {
    let all = [head, head.map { _ in "---" }] + rows
    return "\n\n" + all.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
}

extension CType {
    /// The type without a name.
    fileprivate var spelled: String {
        let text = declaring("")
        return text.hasSuffix(" ") ? String(text.dropLast()) : text
    }
}
