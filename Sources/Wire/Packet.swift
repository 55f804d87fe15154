/// A datagram being filled: the head of a message, then what others are told in it, encoded, as far as there is room.
/// Nothing is cut.
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

    /// False where the record has no room.
    @discardableResult
    package mutating func add(_ record: [UInt8]) -> Bool { add(record, Message.recordField) }

    /// False where the broadcast has no room.
    @discardableResult
    package mutating func add(broadcast: [UInt8]) -> Bool { add(broadcast, Message.broadcastField) }

    private mutating func add(_ bytes: [UInt8], _ field: UInt32) -> Bool {
        let size = Writer.rawSize(field: field, length: bytes.count)
        guard writer.bytes.count + size <= budget else { return false }
        writer.raw(field, bytes)
        return true
    }
}
