// faces SOURCES OUT: makes everything that repeats the C face from Sources/CAPI. SOURCES is the top
// of the repository; OUT is where the results go, the same folder to renew them.

import Glibc

/// The files of the face in the order of the header.
let types = ["Results", "Types"]
let families = [
    "Library", "OptionsFace", "NodeFace", "Members", "Events", "Messages", "Failover", "Tasks",
    "TaskOrders", "TaskResolver", "Keys", "HttpFace",
]

func run(sources: String, out: String) throws {
    func source(_ name: String) throws -> String { try read("\(sources)/Sources/CAPI/\(name).swift") }

    let records = try records(in: try read("\(sources)/Sources/CTypes/include/muster_types.h"))
    var reader = Reader(records: records)
    var sections = try (types + families).map { try reader.section(from: try source($0)) }
    // Structures know only plain C types, and callbacks know structures.
    sections.insert(
        Section(title: "Structures", prose: [], declarations: records.map(Declaration.record)), at: 1)

    let face = Face(
        version: try version(in: try read("\(sources)/Sources/Node/ReleaseVersion.swift")), sections: sections
    )
    try write(face.header(), to: "\(out)/include/muster.h")
    try write(face.versionScript(), to: "\(out)/Sources/CAPI/muster.map")
    try write(face.python(), to: "\(out)/bindings/python/src/muster/_abi.py")
    try write(face.reference(), to: "\(out)/docs/c-api.md")
    try write(face.stub(), to: "\(out)/Tests/abi/stub.c")
}

let arguments = CommandLine.arguments
do {
    guard arguments.count == 3 else { throw Unclear("usage: faces SOURCES OUT") }
    try run(sources: arguments[1], out: arguments[2])
} catch {
    complain("faces: \(error)")
    exit(1)
}
