// The structures of muster_types.h. The header is ours and plain: one field a line, each with a
// comment, no arrays, no bit fields; so a line reader will do.

/// The structures in the order of the header.
func records(in header: String) throws -> [Record] {
    var found: [Record] = []
    var comment: [String] = []
    var body: [String] = []
    for line in lines(of: header) {
        if !body.isEmpty || line.hasPrefix("typedef struct ") {
            body.append(line)
            guard line.hasPrefix("}") else { continue }
            found.append(try record(body, doc: comment))
            (body, comment) = ([], [])
        } else if line.hasPrefix("/*") {
            comment = [line]
        } else if line.hasPrefix(" *") {
            comment.append(line)
        }
    }
    return found
}

private func record(_ body: [String], doc: [String]) throws -> Record {
    guard let last = body.last, last.hasSuffix(";") else { throw Unclear("a structure has no end") }
    let name = String(last.dropFirst(2).dropLast())
    return Record(
        name: name, doc: paragraphs(doc.map(withoutCommentMarks)),
        fields: try body.dropFirst().dropLast().map { try field($0, of: name) },
        text: body.joined(separator: "\n"))
}

private func field(_ line: String, of record: String) throws -> Variable {
    let halves = line.split(separator: ";", maxSplits: 1).map(String.init)
    let words = halves[0].split(separator: " ").map(String.init)
    guard halves.count == 2, let last = words.last else {
        throw Unclear("a field of \(record) is no declaration with a comment: \(line)")
    }
    let comment = paragraphs([withoutCommentMarks(halves[1])]).joined()
    switch (words.count, words[0], last.hasPrefix("*")) {
    case (2, let type, false):
        return Variable(name: last, type: .named(type, .scalar), comment: comment)
    case (3, "const", true):
        let pointee = words[1] == "void" ? CType.void : .named(words[1], .scalar)
        let type = CType.pointer(to: pointee, const: true)
        return Variable(name: String(last.dropFirst()), type: type, comment: comment)
    default:
        throw Unclear("no field type that is known here: \(line)")
    }
}

private func withoutCommentMarks(_ line: String) -> String {
    var text = line[...]
    while let first = text.first, first == " " { text.removeFirst() }
    if text.hasPrefix("/*") { text.removeFirst(2) } else if text.hasPrefix("*") { text.removeFirst() }
    if text.hasSuffix("*/") { text.removeLast(2) }
    return String(text)
}
