// bindings/python/src/muster/_abi.py.

extension Face {
    /// The ctypes layer: structures, numbers and prototypes, and nothing that thinks.
    func python() -> String {
        let parts =
            [pythonStart(version)] + enumerations.map(pythonClass) + records.map(pythonClass)
            + [callbacks.map(pythonCallback).joined(separator: "\n"), pythonLoader]
            + [prototypes, pythonEnd]
        return parts.joined(separator: "\n\n\n")
    }

    private var prototypes: String {
        let rows = functions.map { function in
            let arguments = function.parameters.map { $0.type.python }.joined(separator: ", ")
            return "    (\"\(function.name)\", \(function.result.python), [\(arguments)]),"
        }
        return "_PROTOTYPES: list[tuple[str, Any, list[Any]]] = [\n" + rows.joined(separator: "\n") + "\n]"
    }
}

private func pythonStart(_ version: Version) -> String {
    """
    \"""The C face of libmuster, as ctypes sees it.

    Made from the library's sources by Tools/generate: edit those.
    \"""

    from __future__ import annotations

    import enum
    import os
    import pathlib
    from ctypes import CDLL, CFUNCTYPE, POINTER, Structure
    from ctypes import c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint16, c_uint32, c_uint64, c_void_p
    from typing import Any

    VERSION = (\(version.major), \(version.minor), \(version.patch))
    """
}

private func pythonClass(_ enumeration: Enumeration) -> String {
    let prefix = commonPrefix(enumeration.cases.map(\.name))
    let cases = enumeration.cases.map { "    \($0.name.without(prefix: prefix)) = \($0.value)" }
    return "class \(pythonName(enumeration.name))(enum.IntEnum):\n"
        + "    \"\"\"\(firstSentence(enumeration.doc))\"\"\"\n\n" + cases.joined(separator: "\n")
}

private func pythonClass(_ record: Record) -> String {
    let hints = record.fields.map { field in
        "    \(field.name): \(field.type == .cText ? "bytes" : "int")"
    }
    let fields = record.fields.map { "        (\"\($0.name)\", \($0.type.python))," }
    return "class \(pythonName(record.name))(Structure):\n"
        + "    \"\"\"\(firstSentence(record.doc))\"\"\"\n\n" + hints.joined(separator: "\n")
        + "\n    _fields_ = [\n" + fields.joined(separator: "\n") + "\n    ]"
}

private func pythonCallback(_ callback: Callback) -> String {
    let arguments = [callback.result.python] + callback.parameters.map { $0.type.python }
    return "\(pythonName(callback.name)) = CFUNCTYPE(\(arguments.joined(separator: ", ")))"
}

private let pythonLoader = """
    def _load() -> CDLL:
        \"""The library named by MUSTER_LIBRARY, else the one beside this file, else the system's.\"""
        named = os.environ.get("MUSTER_LIBRARY")
        if named:
            return CDLL(named)
        beside = pathlib.Path(__file__).with_name("libmuster.so.0")
        return CDLL(str(beside) if beside.exists() else "libmuster.so.0")
    """

private let pythonEnd = """
    def _bind(library: CDLL) -> CDLL:
        \"""Checks that the library has the version of this file or a later one, then types its functions.\"""
        found = int(library.cluster_version())
        version = (found >> 16, found >> 8 & 0xFF, found & 0xFF)
        if version[0] != VERSION[0] or version < VERSION:
            raise ImportError(f"libmuster has version {version}, and {VERSION} or a later one is needed")
        for name, result, arguments in _PROTOTYPES:
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        return library


    lib = _bind(_load())

    """

extension CType {
    fileprivate static let cText = CType.pointer(to: .named("char", .scalar), const: true)

    /// The ctypes expression. Text that is the caller's is an address, since it is to be freed.
    fileprivate var python: String {
        switch self {
        case .void: "None"
        case .cText: "c_char_p"
        case .named(_, .enumeration): "c_int"
        case .named(let name, .scalar): pythonScalars[name] ?? name
        case .named(let name, _): pythonName(name)
        case .pointer(.void, _), .pointer(.named(_, .handle), _), .pointer(.named("char", _), _):
            "c_void_p"
        case .pointer(let pointee, _): "POINTER(\(pointee.python))"
        }
    }
}

private let pythonScalars = [
    "int": "c_int", "size_t": "c_size_t", "uint16_t": "c_uint16",
    "uint32_t": "c_uint32", "uint64_t": "c_uint64", "int32_t": "c_int32",
    "int64_t": "c_int64",
]

/// `cluster_event_kind` to `EventKind`, `cluster_event_t` to `Event`.
private func pythonName(_ name: String) -> String {
    camelCase(name.without(prefix: "cluster_").without(suffix: "_t"))
}

/// What all names start with, up to an underscore.
private func commonPrefix(_ names: [String]) -> String {
    guard var prefix = names.first else { return "" }
    while !names.allSatisfy({ $0.hasPrefix(prefix) }) || (!prefix.isEmpty && !prefix.hasSuffix("_")) {
        prefix.removeLast()
    }
    return prefix
}

private func firstSentence(_ doc: [String]) -> String {
    let text = doc.first ?? ""
    guard let end = text.firstRange(of: ". ") else { return text }
    return String(text[..<end.lowerBound]) + "."
}
