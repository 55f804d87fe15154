package import Basics

/// The times of a coordinator, and what it stands on.
package struct CoordinatorSettings: Sendable {
    package var id: String
    /// Whether a lease decides who coordinates: nodes trust themselves for so long, then, as it says.
    package var isLeased: Bool
    /// How long a node trusts itself by one word of the coordinator, on its own clock.
    package var trust: Interval
    /// How long a node may be silent, where the members decide.
    package var lostAfter: Interval
    /// Whether the nodes keep the rows; else a store does.
    package var keepsRows: Bool
    /// How long nodes are told that a task was forgotten: who is away for longer brings its row back.
    package var tombstoneTime = Interval.seconds(3600)
    /// How many other nodes keep a row before its writer hears that it is written, where there are so many.
    package var copies = 2
    /// The time between two looks at what nobody has, whatever is heard meanwhile.
    package var resolvingPeriod: Interval
    /// Every so many of those looks what all nodes have is gone through as well.
    package var resolvingFrequency: Int
    package var resolver: ResolverSettings

    package init(
        id: String, isLeased: Bool, trust: Interval, lostAfter: Interval, keepsRows: Bool,
        resolvingPeriod: Interval = .seconds(2), resolvingFrequency: Int = 5,
        resolver: ResolverSettings = ResolverSettings()
    ) {
        self.id = id
        self.isLeased = isLeased
        self.trust = trust
        self.lostAfter = lostAfter
        self.keepsRows = keepsRows
        self.resolvingPeriod = resolvingPeriod
        self.resolvingFrequency = resolvingFrequency
        self.resolver = resolver
    }

    /// How long others wait: a third longer, in which its host stops, and clocks may run apart by a hundredth each way.
    var othersTrust: Interval { trust / 3 * 4 / 100 * 103 + .milliseconds(20) }
}

/// A live member that may have tasks.
package struct TaskPeer: Hashable, Sendable {
    package var id: String
    package var instance: UInt64
    /// It has been silent for so long that it must have given everything up.
    package var isLost: Bool

    package init(id: String, instance: UInt64, isLost: Bool = false) {
        self.id = id
        self.instance = instance
        self.isLost = isLost
    }
}

package enum CoordinatorAction: Hashable, Sendable {
    case send(TaskMail, to: String)
    /// The same to many, in this order: made once, however many there are.
    case spread(TaskMail, to: [String])
    /// The node is to come anew and tell what it has: it was gone for this one, or is held to be, and may not know.
    case hangUp(String)
    /// Where a store keeps the rows: all of them, to be answered by `listed`.
    case list
    /// To be answered by `found`.
    case read(String)
    /// To be answered by `wrote`.
    case write(expected: RowStamp?, row: TaskRow)
    /// To be answered by `wrote`.
    case remove(name: String, expected: RowStamp)
    case news(TaskNews)
    /// The host is to say which node has which task; to be answered by `hostResolved`.
    case askHost(UInt64, [ResolverTask], [ResolverNode])
    /// The role is to go to another node.
    case stepDown
}

/// A node as the coordinator knows it.
struct CrewMember: Sendable {
    let id: String
    let instance: UInt64
    var weight: UInt32 = 1
    var labels: [String] = []
    var offers: Set<String> = []
    /// What it has said on this stream that it has, until it is ready.
    var held: Set<String> = []
    var isConnected = false
    /// It has said all that there was to say at first.
    var isReady = false
    var isLost = false
    /// Its rows are not those of this node.
    var lacksRows = false

    init(id: String, instance: UInt64) {
        self.id = id
        self.instance = instance
    }
}

struct TaskOwner: Hashable, Sendable {
    enum Phase: Sendable { case told, running, stopping }
    var node: String
    var instance: UInt64
    var token: UInt64
    var phase: Phase
    /// It was given the task as it was defined before: what it completes is not the task of now.
    var hasFormer = false
}

/// A task as the coordinator knows it.
struct TaskEntry: Sendable {
    /// The one that counts.
    var definition: TaskDefinition {
        didSet { latestOffer = max(latestOffer, definition.offeredAt) }
    }
    /// When it was last offered so, by anybody; `definition.offeredAt` stays with its progress.
    var latestOffer: Int64
    /// False where only a node that has it, and offers it no more, has spoken of it: nobody knows what it is.
    var isDefined = true
    var offeredBy: Set<String>
    /// What nodes say of it that offer it otherwise: it counts when nobody offers the present definition any more.
    var otherwise: [String: TaskDefinition] = [:]
    var owner: TaskOwner?
    /// Where it goes when its owner has stopped.
    var heading: String?
    /// Which it leaves for any other, and is passed over meanwhile.
    var leaving: String?
    /// Nodes that failed with it, and until when they are passed over.
    var benched: [String: Instant] = [:]
    /// How often it has failed, one soon after the other.
    var failures: Int64 = 0
    var runningSince: Instant?
    var problem = ""
    /// Why nobody has it, as the resolver says.
    var waitsFor: ResolverNote?
    var runs = RunsHeard()

    init(definition: TaskDefinition, offeredBy id: String) {
        self.definition = definition
        latestOffer = definition.offeredAt
        offeredBy = [id]
    }

    /// From now on this definition counts. Who offered the former one goes on offering that.
    mutating func redefine(as other: TaskDefinition) {
        for id in offeredBy where otherwise[id] == nil { otherwise[id] = definition }
        otherwise = otherwise.filter { !$0.value.isSame(as: other) }
        definition = other
        latestOffer = other.offeredAt
        owner?.hasFormer = true
    }

    /// What counts when nobody offers the present definition any more; nil while somebody does.
    var successor: TaskDefinition? {
        guard !otherwise.isEmpty, offeredBy.allSatisfy({ otherwise[$0] != nil }) else { return nil }
        return otherwise.max { ($0.value.offeredAt, $0.key) < ($1.value.offeredAt, $1.key) }?.value
    }

    /// Why nobody has it, where somebody should.
    var reason: String {
        guard let waitsFor else { return problem }
        // What it failed of says more than that nobody is left who has not failed.
        if case .nobodyOffers = waitsFor, !problem.isEmpty { return problem }
        return waitsFor.text
    }
}

/// The fencing tokens of one coordinator: above those of all before it, below 2^53.
struct TaskTokens: Sendable {
    private let base: UInt64
    private var count: UInt64 = 0
    var isTold = false

    private static let bits: UInt64 = 20

    /// Tokens of roles that the members decide have random low bits, and are too large as they are.
    init(epoch: UInt64) {
        let isCut = epoch >= 1 << 33
        base = min(isCut ? epoch >> 16 : epoch, (1 << 33) - 1) << Self.bits
        // Two that never met hardly begin at the same number.
        if isCut { count = (epoch & 0xFFFF) << 3 }
    }

    mutating func next() -> UInt64? {
        guard count < (1 << Self.bits) - 1 else { return nil }
        count += 1
        return base + count
    }
}
