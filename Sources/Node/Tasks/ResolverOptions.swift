import Basics
import Options
import Tasks

extension ResolverSettings {
    init(_ settings: Settings) {
        let kind: Kind =
            switch settings.tasksResolver {
            case .single: .single
            case .roundRobin: .roundRobin
            case .nodes: .nodes
            case .leastLoaded: .leastLoaded
            case .rendezvous: .rendezvous
            case .host: .host
            }
        self.init(
            kind: kind, serverCount: settings.tasksServerCount,
            serverGrace: Interval(nanoseconds: settings.tasksServerGraceNanoseconds),
            nodes: settings.tasksNodes,
            movesPerMinute: settings.tasksMovesPerMinute)
    }
}
