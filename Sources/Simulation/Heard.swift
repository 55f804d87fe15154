import Basics
import Engine
import Wire

/// One broadcast, whoever brought it.
package struct Heard: Hashable, Sendable {
    package var origin: String
    package var nonce: UInt64
    package var sequence: UInt64

    package init(origin: String, nonce: UInt64, sequence: UInt64) {
        self.origin = origin
        self.nonce = nonce
        self.sequence = sequence
    }
}

extension World {
    /// All hosts have something to say to all.
    mutating func tellAll() {
        for index in running {
            for _ in 0...generator.below(10) { broadcast(from: index, bytes: generator.below(513)) }
        }
    }

    /// False where the process has too much to tell already.
    @discardableResult
    package mutating func broadcast(from index: Int, bytes: Int = 20) -> Bool {
        var isAccepted = false
        call(index) { engine, now in
            let result = engine.broadcast(topic: "t", data: [UInt8](repeating: 1, count: bytes), now: now)
            isAccepted = result.isAccepted
            return result.actions
        }
        return isAccepted
    }

    /// A process gets a broadcast: of another, and only once.
    mutating func hear(_ message: UserMessage, at index: Int) {
        guard let origin = message.origin else {
            return fail(.broadcasts, "\(name(index)) hears a broadcast of nobody")
        }
        if trace.isOn { note("\(name(index)) is told \(message.sequence) of \(origin.id)") }
        if origin == processes[index].identity {
            fail(.broadcasts, "\(name(index)) is told its own broadcast")
        }
        let heard = Heard(origin: origin.id, nonce: origin.nonce, sequence: message.sequence)
        if !processes[index].heard.insert(heard).inserted {
            fail(.broadcasts, "\(name(index)) is told \(message.sequence) of \(origin.id) twice")
        }
    }
}
