import Basics
import Sealing
import Transport
import Wire

/// One request to each of several members, some at a time. Used on the event loop only, which is what makes
/// `@unchecked Sendable` true.
final class KeyRound: @unchecked Sendable {
    struct Question: Sendable {
        let member: Identity
        let address: Address
        let request: KeyRequest
    }

    /// How long a member may take to answer.
    private static let patience = Interval.seconds(2)
    /// How many are asked at a time: more would be many descriptors for nothing.
    private static let mostAtOnce = 32

    private let runtime: Runtime
    private let deadline: Instant?
    private var waiting: [Question]
    private var underWay = 0
    private var replies: [String: KeyReply] = [:]
    private let done: @Sendable ([String: KeyReply]) -> Void

    /// `done` is called once with the answers by the members' ids. Whoever is not among them has not answered in time.
    static func ask(
        _ questions: [Question], of runtime: Runtime, until deadline: Instant?,
        done: @escaping @Sendable ([String: KeyReply]) -> Void
    ) {
        KeyRound(questions, runtime, deadline, done).goOn()
    }

    private init(
        _ questions: [Question], _ runtime: Runtime, _ deadline: Instant?,
        _ done: @escaping @Sendable ([String: KeyReply]) -> Void
    ) {
        waiting = questions.reversed()
        self.runtime = runtime
        self.deadline = deadline
        self.done = done
    }

    private func goOn() {
        while underWay < Self.mostAtOnce, let question = waiting.popLast() {
            underWay += 1
            ask(question, under: runtime.keys)
        }
        if underWay == 0 { done(replies) }
    }

    /// Asks under the first of the keys. A member that lacks that one closes the stream: it may know another.
    private func ask(_ question: Question, under keys: [Key]) {
        let left = deadline.map { min($0 - Clock.now, Self.patience) } ?? Self.patience
        guard !runtime.isShut, !keys.isEmpty, left > .zero else { return ended(question, nil) }
        let message = Message(
            kind: .keys, sender: runtime.engine.membership.me, keyRequest: question.request)
        runtime.ask(message, at: question.address, keys: keys, timeout: left) { [self] outcome in
            switch outcome {
            case .replied(let reply) where reply.kind == .keysReply && reply.sender == question.member:
                ended(question, reply.keyReply)
            case .broken:
                ask(question, under: Array(keys.dropFirst()))
            default:
                ended(question, nil)
            }
        }
    }

    private func ended(_ question: Question, _ reply: KeyReply?) {
        // In a later turn of the loop: a round in which nobody can be asked must not end within its start.
        SharedLoop.loop.execute { [self] in
            underWay -= 1
            if let reply { replies[question.member.id] = reply }
            goOn()
        }
    }
}
