import SwiftParser
import SwiftSyntax

// Swift sources to model. Only what crosses to C is looked at: @_cdecl functions, @c enums, and type
// aliases for handles and callbacks; everything else in the files is Swift's own affair.

/// Reads the files of the face one after the other; types must come before their users.
struct Reader {
    private var kinds: [String: CType.Kind]

    /// Structures come from C, and are known by name.
    init(records: [Record]) {
        kinds = Dictionary(uniqueKeysWithValues: records.map { ($0.name, .record) })
    }

    /// One source file as a section.
    mutating func section(from source: String) throws -> Section {
        let file = Parser.parse(source: source)
        let heading = heading(of: source)
        var section = Section(title: heading.title, prose: heading.prose, declarations: [])
        for item in file.statements {
            guard let declaration = try read(item.item) else { continue }
            section.declarations.append(declaration)
        }
        return section
    }

    private mutating func read(_ item: CodeBlockItemSyntax.Item) throws -> Declaration? {
        if let function = item.as(FunctionDeclSyntax.self), let name = cName(function.attributes) {
            return .function(try read(function, name: name))
        }
        if let enumeration = item.as(EnumDeclSyntax.self), has("c", enumeration.attributes) {
            kinds[enumeration.name.text] = .enumeration
            return .enumeration(try read(enumeration))
        }
        if let alias = item.as(TypeAliasDeclSyntax.self), isPublic(alias.modifiers) {
            return try read(alias)
        }
        return nil
    }

    private func read(_ function: FunctionDeclSyntax, name: String) throws -> Function {
        let signature = function.signature
        let parameters = try signature.parameterClause.parameters.map { parameter in
            Variable(
                name: snakeCase((parameter.secondName ?? parameter.firstName).text),
                type: try cType(parameter.type))
        }
        let doc = doc(of: Syntax(function))
        guard doc.last?.hasPrefix("Errors: ") == true else {
            throw Unclear("the comment of \(name) does not end with its errors")
        }
        let result = try signature.returnClause.map { try cType($0.type) } ?? .void
        return Function(
            name: name, doc: doc, parameters: parameters, result: result,
            isChecked: result == .named("cluster_result", .enumeration)
                && !has("discardableResult", function.attributes))
    }

    private func read(_ enumeration: EnumDeclSyntax) throws -> Enumeration {
        let cases = try enumeration.memberBlock.members.compactMap { member in
            try member.decl.as(EnumCaseDeclSyntax.self).map { declaration in
                guard let element = declaration.elements.first, declaration.elements.count == 1,
                    let written = element.rawValue?.value.trimmedDescription, let value = Int(written)
                else { throw Unclear("a case of \(enumeration.name.text) has no number of its own") }
                return Enumeration.Case(
                    name: element.name.text, value: value,
                    comment: doc(of: Syntax(declaration)).joined(separator: " "))
            }
        }
        let raw = enumeration.inheritanceClause?.inheritedTypes.first?.type.trimmedDescription
        return Enumeration(
            name: enumeration.name.text, doc: doc(of: Syntax(enumeration)), isSigned: raw == "Int32",
            cases: cases)
    }

    private mutating func read(_ alias: TypeAliasDeclSyntax) throws -> Declaration? {
        let name = alias.name.text
        let value = alias.initializer.value
        if value.trimmedDescription == "OpaquePointer" {
            kinds[name] = .handle
            return .handle(Handle(name: name, doc: doc(of: Syntax(alias))))
        }
        guard let attributed = value.as(AttributedTypeSyntax.self),
            let function = attributed.baseType.as(FunctionTypeSyntax.self)
        else { return nil }
        let parameters = try function.parameters.map { parameter in
            guard let label = parameter.secondName else {
                throw Unclear("a parameter of \(name) has no name")
            }
            return Variable(name: snakeCase(label.text), type: try cType(parameter.type))
        }
        kinds[name] = .callback
        let result = function.returnClause.type.trimmedDescription
        return .callback(
            Callback(
                name: name, doc: doc(of: Syntax(alias)), parameters: parameters,
                result: result == "Void" ? .void : try cType(function.returnClause.type)))
    }

    // MARK: - Types

    private static let scalars = [
        "CChar": "char", "CInt": "int", "UInt": "size_t", "UInt16": "uint16_t", "UInt32": "uint32_t",
        "UInt64": "uint64_t", "Int32": "int32_t", "Int64": "int64_t",
    ]

    private func cType(_ type: TypeSyntax) throws -> CType {
        if let optional = type.as(OptionalTypeSyntax.self) { return try cType(optional.wrappedType) }
        // cluster_log_level.RawValue: an enum from C, where any number may come.
        if let member = type.as(MemberTypeSyntax.self), member.name.text == "RawValue" {
            return try cType(member.baseType)
        }
        guard let identifier = type.as(IdentifierTypeSyntax.self) else {
            throw Unclear("no C type for \(type.trimmedDescription)")
        }
        let name = identifier.name.text
        let argument = identifier.genericArgumentClause?.arguments.first?.argument.as(TypeSyntax.self)
        switch (name, argument) {
        case ("UnsafePointer", let pointee?): return .pointer(to: try cType(pointee), const: true)
        case ("UnsafeMutablePointer", let pointee?): return .pointer(to: try cType(pointee), const: false)
        case ("UnsafeRawPointer", nil): return .pointer(to: .void, const: true)
        case ("UnsafeMutableRawPointer", nil): return .pointer(to: .void, const: false)
        default: break
        }
        if let scalar = Self.scalars[name] { return .named(scalar, .scalar) }
        let plain = name.without(prefix: "const_")
        guard let kind = kinds[plain] else { throw Unclear("no C type for \(name)") }
        let named = CType.named(plain, kind)
        return kind == .handle ? .pointer(to: named, const: plain != name) : named
    }
}

/// The version constants of the library.
func version(in source: String) throws -> Version {
    func number(_ name: String) throws -> Int {
        let line = lines(of: source).first { $0.contains("static let \(name): UInt32 = ") }
        guard let number = line?.split(separator: " ").last.flatMap({ Int($0) }) else {
            throw Unclear("no version constant named \(name)")
        }
        return number
    }
    return Version(major: try number("major"), minor: try number("minor"), patch: try number("patch"))
}

/// The title after "// MARK: -" and the paragraphs of the comment that goes on from there.
private func heading(of source: String) -> (title: String, prose: [String]) {
    let mark = "// MARK: - "
    let all = lines(of: source)
    guard let start = all.firstIndex(where: { $0.hasPrefix(mark) }) else { return ("", []) }
    let comment = all[(start + 1)...].prefix { $0.hasPrefix("//") }
    return (String(all[start].dropFirst(mark.count)), paragraphs(comment.map { String($0.dropFirst(2)) }))
}

/// The paragraphs of a `///` comment.
private func doc(of node: Syntax) -> [String] {
    paragraphs(
        node.leadingTrivia.compactMap { piece in
            if case .docLineComment(let line) = piece { String(line.dropFirst(3)) } else { nil }
        })
}

private func cName(_ attributes: AttributeListSyntax) -> String? {
    for case .attribute(let attribute) in attributes
    where attribute.attributeName.trimmedDescription == "_cdecl" {
        return attribute.arguments.map { String($0.trimmedDescription.filter { $0 != "\"" }) }
    }
    return nil
}

private func has(_ name: String, _ attributes: AttributeListSyntax) -> Bool {
    attributes.contains { element in
        guard case .attribute(let attribute) = element else { return false }
        return attribute.attributeName.trimmedDescription == name
    }
}

private func isPublic(_ modifiers: DeclModifierListSyntax) -> Bool {
    modifiers.contains { $0.name.text == "public" }
}
