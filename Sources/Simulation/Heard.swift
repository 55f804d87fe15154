import Basics
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
    /// A process gets a broadcast: of another, and only once.
    mutating func hear(_ message: UserMessage, at index: Int) {
        guard let origin = message.origin else { return fail("\(name(index)) hears a broadcast of nobody") }
        if trace.isOn { note("\(name(index)) is told \(message.sequence) of \(origin.id)") }
        if origin == processes[index].identity { fail("\(name(index)) is told its own broadcast") }
        let heard = Heard(origin: origin.id, nonce: origin.nonce, sequence: message.sequence)
        if !processes[index].heard.insert(heard).inserted {
            fail("\(name(index)) is told \(message.sequence) of \(origin.id) twice")
        }
    }
}
