import Basics
import CGuardian
import Lease
import Stores
import Threads

/// The register of the leases: kept at hand while the host lives, written when it is dead.
final class Vault: Sendable {
    private let register: any Register
    private let page: Page
    private let isAsked = Monitor(false)

    init(_ register: any Register, page: Page) {
        self.register = register
        self.page = page
    }

    /// Looks at the rows, without waiting: what has been connected and prepared need not be when it counts. One look
    /// at a time.
    func keepAtHand(_ roles: [String]) {
        guard let role = roles.first, isAsked.with({ take(&$0) }) else { return }
        register.read(role: role) { [self] reply in
            isAsked.with { $0 = false }
            if let error = reply.error {
                page.tell(GUARDIAN_STORE_TROUBLE, error.text)
            } else {
                page.tell(GUARDIAN_WELL, "")
            }
        }
    }

    private func take(_ isAsked: inout Bool) -> Bool {
        defer { isAsked = true }
        return !isAsked
    }

    /// Gives back what the dead one held in a role. Gives up when the time is over: the lease has run out by then.
    func release(_ role: String, of dead: (id: String, instance: UInt64), until end: Instant) {
        let release = Release(id: dead.id, instance: dead.instance)
        var random = SystemRandomNumberGenerator()
        var answer: RegisterAnswer?
        while Clock.now < end {
            if answer == .failed || answer == .unknown { Clock.sleep(.milliseconds(50)) }
            switch release.next(after: answer, nonce: Nonce(high: random.next(), low: random.next())) {
            case .done: return
            case .read: answer = ask { register.read(role: role, completion: $0) }
            case .write(let expected, let row):
                answer = ask {
                    register.compareAndSet(role: role, expected: expected, row: row, completion: $0)
                }
            }
        }
    }

    private func ask(_ question: (@escaping @Sendable (RegisterReply) -> Void) -> Void) -> RegisterAnswer? {
        let reply = Monitor<RegisterReply?>(nil)
        question { answer in reply.change { $0 = answer } }
        return reply.wait(until: nil) { $0 }?.answer
    }
}
