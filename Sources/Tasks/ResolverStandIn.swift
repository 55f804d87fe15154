package import Basics

package struct ResolverSettings: Hashable, Sendable { package init() {} }
package enum ResolverNote: Hashable, Sendable { case x; package var text: String { "" } }
package struct Resolution {
    package var owners: [Int?]; package var notes: [ResolverNote]; package var nextLook: Instant
}
package struct Resolver: Sendable {
    package init(_ settings: ResolverSettings, seed: UInt64) {}
    package mutating func resolve(_ tasks: [ResolverTask], nodes: [ResolverNode], now: Instant) -> Resolution
    {
        Resolution(owners: tasks.map { $0.owner ?? $0.capable.first }, notes: [], nextLook: .distantFuture)
    }
}
