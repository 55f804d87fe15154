import Basics
import Membership
import Wire

/// What happens to a node besides messages, as an input chooses it.
extension Station {
    static let actCount = 17

    mutating func act(_ number: Int, _ choices: inout Choices) {
        let role = choices.one(of: [Station.role, "other", "third"])
        switch number {
        case 0: wait(choices.one(of: Station.waits))
        case 1: wait(.seconds(Int64(1 + choices.below(16))), asleep: true)
        case 2: requestEnded(choices.one(of: [.refused, .kernelOnly, .broken, .unreachable]))
        case 3: link(choices.one(of: Station.peers), choices.below(3))
        case 4: step { $0.openSeat(role: role, savedToken: 0, now: $1).actions }
        case 5: step { $0.closeSeat(role: role, now: $1) }
        case 6: step { $0.stepDown(role: role, now: $1).actions }
        case 7: step { $0.hostStopped(role: role, now: $1) }
        case 8:
            let value = String(repeating: "v", count: 2 * Int(choices.byte()))
            step { $0.setTag(role, value.isEmpty ? nil : value, now: $1).actions }
        case 9: step { $0.seedsResolved([Station.address(3), Station.address(98)], now: $1) }
        case 10: step { $0.leave(now: $1) }
        case 11: answerAll()
        case 12:
            let data = [UInt8](repeating: 7, count: 2 * Int(choices.byte()))
            step { $0.broadcast(topic: role, data: data, now: $1).actions }
        case 13:
            let target = choices.one(of: Station.peers + [Station.me]).id
            step { $0.promote(role: role, target: target, until: $1 + .seconds(3), now: $1).actions }
        case 14:
            let isPaused = choices.below(2) == 0
            step { $0.setPaused(role: role, isPaused, now: $1).actions }
        case 15:
            let isReady = choices.below(2) == 0
            step { $0.setReady(role: role, isReady, now: $1) }
        case 16: step { $0.decline(role: role, now: $1).actions }
        default: break
        }
    }

    private static let waits: [Interval] = [1, 20, 60, 250, 600, 1_500].map { .milliseconds($0) }

    private mutating func link(_ peer: Identity, _ what: Int) {
        switch what {
        case 0: step { $0.linkOpened(peer, now: $1) }
        case 1: step { $0.linkFailed(peer, now: $1) }
        default: step { $0.linkClosed(peer, now: $1) }
        }
    }

    /// Whoever was asked answers as a member should.
    private mutating func answerAll() {
        for _ in requests {
            guard let request = requests.first else { return }
            let index = Int(request.address.port) - 7401
            guard Station.peers.indices.contains(index) else {
                requestEnded(.refused)
                continue
            }
            var answer = Message(kind: .answer, sender: Station.peers[index])
            switch request.message.kind {
            case .sync:
                answer.kind = .syncReply
                answer.records = [Station.record(index)]
            case .compare:
                answer.kind = .difference
                answer.parts = request.message.parts.map { _ in 0 }
            case .offer:
                answer.kind = .accepted
            default:
                break
            }
            requestEnded(.replied(answer))
        }
    }
}
