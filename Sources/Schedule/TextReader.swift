/// Takes a text apart from the left.
struct TextReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ text: some Sequence<UInt8>) { rest = Array(text)[...] }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// How many characters were skipped.
    mutating func skip(while isMeant: (UInt8) -> Bool) -> Int {
        let count = rest.prefix(while: isMeant).count
        rest.removeFirst(count)
        return count
    }

    /// A number of so many digits (at most 18); a digit behind them is left.
    mutating func number(digits: ClosedRange<Int>, _ allowed: ClosedRange<Int>) -> Int? {
        let found = rest.prefix(while: isDigit).prefix(digits.upperBound)
        guard found.count >= digits.lowerBound else { return nil }
        rest.removeFirst(found.count)
        let number = found.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return allowed.contains(number) ? number : nil
    }
}
