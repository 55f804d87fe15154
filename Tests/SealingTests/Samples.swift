import Basics
import Sealing
import Testing

/// A key whose bytes are first, first + 1, ...
func sampleKey(_ first: UInt8) throws -> Key {
    try #require(Key(bytes: (0..<32).map { first &+ $0 }))
}

func identity(_ id: String, generation: UInt64 = 7, nonce: UInt64 = 99) -> Identity {
    Identity(id: id, generation: generation, nonce: nonce)
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}
