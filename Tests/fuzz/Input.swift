/// Where one piece of an input ends and the next begins: no text holds these two bytes.
private let separator: (UInt8, UInt8) = (0xc0, 0xc1)

/// The pieces of an input. A mutation within one leaves the others as they are.
func pieces(of input: [UInt8]) -> [ArraySlice<UInt8>] {
    var found: [ArraySlice<UInt8>] = []
    var start = 0
    var index = 0
    while index + 1 < input.count {
        if input[index] == separator.0, input[index + 1] == separator.1 {
            found.append(input[start..<index])
            start = index + 2
            index = start
        } else {
            index += 1
        }
    }
    found.append(input[start...])
    return found
}

/// Reads an input as a row of decisions; at its end all are 0.
struct Choices {
    private(set) var rest: ArraySlice<UInt8>
    /// Which repetition of the same decisions this is; strangers differ in it.
    var round = 0

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

    mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }
}
