@testable import Options

/// The message of the error, or nil where there was none.
func complaint(_ work: () throws(OptionError) -> Void) -> String? {
    do {
        try work()
        return nil
    } catch {
        return error.message
    }
}

/// Options that came from a file of this content.
func loaded(_ content: String, as path: String = "muster.toml") throws -> Options {
    var options = Options()
    try options.load(Array(content.utf8), path: path)
    return options
}

/// Options that are complete but for what a test adds.
func minimal(_ values: [(String, String)] = []) throws -> Options {
    var options = Options()
    try options.set("cluster", "orders")
    for (key, text) in values { try options.set(key, text) }
    return options
}

/// SplitMix64: one seed, one sequence, so that a failure can be run again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

let hexKey = String(repeating: "0123456789abcdef", count: 4)
let base64Key = "ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8="
let keyBytes: [UInt8] = Array(
    repeatElement([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef], count: 4).joined())
