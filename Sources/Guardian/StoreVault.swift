import Basics
import CGuardian
import Lease
import Stores
import Threads

/// A store: kept at hand while the host lives, written when it is dead.
final class StoreVault: Vault {
    private let register: any Register
    private let dead: (id: String, instance: UInt64)
    private let page: Page
    private let isAsked = Monitor(false)

    init(_ register: any Register, of charge: Charge, page: Page) {
        self.register = register
        dead = (charge.id, charge.instance)
        self.page = page
    }

    /// Looks at the rows. One look at a time.
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

    func release(_ roles: [String], until end: Instant) {
        for role in roles { release(role, until: end) }
    }

    private func release(_ role: String, until end: Instant) {
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
