import Basics

@testable import Memory

/// The state file: as it lies on the disk, and the input as what stands in a file that is whole.
func fuzzState(_ input: [UInt8]) {
    for file in [input, whole(input)] {
        guard let memory = try? Memory(decoding: file) else { continue }
        let encoded = memory.encoded()
        require(encoded.count <= StateFile.largest, "what was read is too long to be written")
        do throws(MemoryError) {
            let again = try Memory(decoding: encoded)
            require(again == memory, "it is remembered otherwise:\n\(memory)\n\(again)")
            require(again.encoded() == encoded, "it has two encodings:\n\(memory)")
        } catch {
            fatalError("what was written is \(error):\n\(memory)")
        }
    }
}

/// A head and a sum, which no mutation would find.
private func whole(_ body: [UInt8]) -> [UInt8] {
    let file = Array("MUSTERST".utf8) + bigEndian(UInt32(1)) + bigEndian(UInt32(body.count)) + body
    var sum = Fnv1a()
    for byte in file { sum.add(byte) }
    return file + bigEndian(sum.value)
}

private func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}
