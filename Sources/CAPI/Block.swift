import Glibc
import Node

// Memory that C gets: made by malloc(), since C frees it or since it must outlive any Swift scope.

/// A copy of the text that is the caller's and freed by cluster_free().
func ownedText(_ text: String) throws(Failure) -> UnsafeMutablePointer<CChar> {
    var block = try Block<CChar>(count: 0, textBytes: text.utf8.count + 1)
    return block.append(text)
}

/// One block of memory: records in front, the text that they point to behind them.
struct Block<Record> {
    let records: UnsafeMutablePointer<Record>
    private var next: UnsafeMutablePointer<CChar>
    private var left: Int

    /// Room for so many records and so many bytes of text, each text's NUL counted.
    init(count: Int, textBytes: Int) throws(Failure) {
        let front = count * MemoryLayout<Record>.stride
        guard let memory = calloc(1, front + textBytes + 1) else {
            throw Failure(.outOfMemory, "no memory for \(front + textBytes) bytes")
        }
        records = memory.assumingMemoryBound(to: Record.self)
        next = (memory + front).assumingMemoryBound(to: CChar.self)
        left = textBytes
    }

    /// Copies a text to the end. Room was counted from the same texts; should it ever be short, the
    /// text is cut rather than written past the end.
    mutating func append(_ text: String) -> UnsafeMutablePointer<CChar> {
        let start = next
        var text = text
        text.withUTF8 { bytes in
            let count = min(bytes.count, left - 1)
            guard count >= 0 else { return }
            if let source = bytes.baseAddress { memcpy(start, source, count) }
            next += count + 1
            left -= count + 1
        }
        return start
    }
}

/// How many bytes of a block these texts take.
func textBytes(_ texts: String...) -> Int {
    texts.reduce(0) { $0 + $1.utf8.count + 1 }
}
