import CGuardian
import Threads

/// What the node says at this moment, and what it is told.
///
/// The memory is shared with the host; every word in it has one writer, and what is told goes through a lock.
final class Page: @unchecked Sendable {
    private let memory: OpaquePointer
    private let told = Monitor<Int32>(Int32(GUARDIAN_WELL))

    init?(descriptor: Int32) {
        guard let memory = guardian_page_open(descriptor) else { return nil }
        self.memory = memory
    }

    func takeCharge() -> Charge { Charge(takenFrom: memory) }

    var beat: Int64 { guardian_page_last_beat(memory) }
    var isLeading: Bool { guardian_page_is_leading(memory) != 0 }
    var isDismissed: Bool { guardian_page_is_dismissed(memory) != 0 }

    var roles: [String] {
        (0..<Int32(GUARDIAN_ROLES)).compactMap { place in
            let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(GUARDIAN_NAME)) { name in
                guard let start = name.baseAddress else { return "" }
                let length = guardian_page_role(memory, place, start)
                return String(decoding: UnsafeRawBufferPointer(name).prefix(length), as: UTF8.self)
            }
            return name.isEmpty ? nil : name
        }
    }

    /// The socket addresses of the voters, when the host is dead.
    var voters: [[UInt8]] {
        (0..<Int32(GUARDIAN_VOTERS)).compactMap { place in
            var address = [UInt8](repeating: 0, count: Int(GUARDIAN_ADDRESS))
            let length = guardian_page_voter(memory, place, &address)
            return length == 0 ? nil : Array(address.prefix(length))
        }
    }

    /// Once for each time that it changes.
    func tell(_ what: Int, _ text: String) {
        told.with { told in
            guard told != Int32(what) else { return }
            told = Int32(what)
            guardian_page_tell(memory, told, text)
        }
    }
}
