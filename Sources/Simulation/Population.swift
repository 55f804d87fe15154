import Basics
import Engine
import Membership
import Wire

extension World {
    /// Starts so many members that know each other already: how large clusters come about is a question of its own.
    package mutating func populate(_ count: Int) {
        let first = processes.count
        for host in 0..<count {
            _ = add(host: host, id: nil, cluster: 0, port: 7400, wallOffset: .zero)
        }
        // In the order in which views keep them, once for all.
        let records = processes[first...].map(\.engine.membership.ownRecord).sorted {
            ($0.profile.point, $0.identity.id) < ($1.profile.point, $1.identity.id)
        }
        for index in first..<processes.count {
            let local = local(index)
            processes[index].engine.resume(among: records, now: local)
            // Where it is remembered what was said.
            if processes.count <= World.smallWorld {
                for record in records { processes[index].lastSaid[record.identity.nonce] = .joined }
            }
            let actions = processes[index].engine.start(seeds: [], now: local)
            perform(actions, by: index)
        }
    }
}
