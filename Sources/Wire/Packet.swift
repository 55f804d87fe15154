/// A datagram being filled: the head of a message, then as many encoded records as have room. None is cut.
package struct Packet: Sendable {
    private var writer: Writer
    private let budget: Int

    package init(_ message: Message, budget: Int) {
        writer = message.head()
        self.budget = budget
        for record in message.records { add(record.encoded()) }
    }

    package var bytes: [UInt8] { writer.bytes }
    /// No record is smaller: its identity alone takes more.
    package var isFull: Bool { budget - writer.bytes.count < 24 }

    /// False where it has no room.
    @discardableResult
    package mutating func add(_ record: [UInt8]) -> Bool {
        let size = Writer.rawSize(field: Message.recordField, length: record.count)
        guard writer.bytes.count + size <= budget else { return false }
        writer.raw(Message.recordField, record)
        return true
    }
}
