import Wire

/// The decoder alone.
func fuzzMessage(_ input: [UInt8]) {
    guard let message = decoded(input) else { return }
    let budget = input.count / 2
    var bare = message
    bare.records = []
    bare.broadcasts = []
    // What goes over streams, or into a datagram that has nothing else.
    bare.message = nil
    bare.receipt = .none
    bare.voting = nil
    bare.tasks = []
    bare.clock = 0
    bare.release = ""
    var packet = Packet(bare, budget: budget)
    let head = packet.bytes.count
    var packed = bare
    for record in message.records where packet.add(record.encoded()) { packed.records.append(record) }
    for broadcast in message.broadcasts where packet.add(broadcast: broadcast.encoded()) {
        packed.broadcasts.append(broadcast)
    }
    require(packet.bytes.count <= max(budget, head), "more than fits was packed")
    require((try? Message.decode(packet.bytes[...])) == packed, "what was packed is read as something else")
}

/// What the bytes say, if they say anything; and that it stays the same when it is said again.
func decoded(_ bytes: [UInt8]) -> Message? {
    guard let message = try? Message.decode(bytes[...]) else { return nil }
    requireSameAgain(message)
    return message
}

/// A message that is sent must arrive as it was meant.
func requireSameAgain(_ message: Message) {
    let encoded = message.encoded()
    do {
        let again = try Message.decode(encoded[...])
        require(again == message, "a message changes on the wire:\n\(message)\n\(String(describing: again))")
        // Texts are equal in more than one spelling; their bytes must stay, too.
        require(again?.encoded() == encoded, "a message has two encodings:\n\(message)")
    } catch {
        fatalError("a message that nobody can read, \(error):\n\(message)")
    }
}

/// The same of bytes that a node sends.
func requireReadable(_ bytes: [UInt8]) {
    do {
        let message = try Message.decode(bytes[...])
        require(message?.encoded() == bytes, "sent as \(bytes), read as \(String(describing: message))")
    } catch {
        fatalError("sent and refused, \(error): \(bytes)")
    }
}
