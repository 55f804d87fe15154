import Basics
import NIOCore
import Options
import Stores
import Transport

/// The store in which members leave word of themselves, and what stands there of others.
///
/// On the event loop, but for the answers, which come on the store's own thread.
struct StoreSeeking {
    let store: Store
    var board: MemberBoard
    var addresses: [Address] = []
    /// Exchanges that failed since the last that did not.
    var failures: UInt64 = 0

    /// How long the store may take.
    static let patience = Interval.seconds(5)
    /// How often a node looks that knows nobody, and one that does.
    static let eager = Interval.seconds(2)
    static let idle = Interval.seconds(60)
    /// More seeds than this are no help.
    static let mostAddresses = 256
}

extension Settings {
    /// Nil where no such store is named.
    func openDirectory() throws(Failure) -> Store? {
        guard let url = seedStore else { return nil }
        do throws(StoreError) {
            return try Store.open(
                StoreSettings(url: url, cluster: cluster, patience: StoreSeeking.patience))
        } catch {
            throw Failure(error, in: .seedStore)
        }
    }
}

extension Runtime {
    /// Leaves word in the store and looks who else did; then again and again.
    func seekInStore() {
        guard !isShut, var seeking = storeSeeking else { return }
        let own = engine.membership.attributes.address.with(scope: 0).text
        if seeking.board.address != own { seeking.board.address = own }
        let exchange = seeking.board.exchange(now: Clock.now)
        storeSeeking = seeking
        seeking.store.exchange(exchange) { [weak self] result in
            guard let self else { return }
            SharedLoop.loop.execute { self.found(inStore: result) }
        }
    }

    private func found(inStore result: Result<[MemberEntry], StoreError>) {
        guard !isShut, var seeking = storeSeeking else { return }
        switch result {
        case .success(let entries):
            let others = seeking.board.found(entries, now: Clock.now)
            seeking.failures = 0
            seeking.addresses = Array(
                others.compactMap { Address(seedText: $0.address) }.prefix(StoreSeeking.mostAddresses))
        case .failure(let error):
            seeking.failures += 1
            // Said once in a power of two: what was found before still counts.
            if seeking.failures & (seeking.failures - 1) == 0 {
                log.write(.warning, "the store of members, 'seed_store': \(error.text)")
            }
        }
        storeSeeking = seeking
        renewSeeds()
        let isAlone = engine.membership.view.presentCount == 0
        let pause = isAlone || seeking.failures > 0 ? StoreSeeking.eager : StoreSeeking.idle
        SharedLoop.loop.scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [weak self] in self?.seekInStore()
        }
    }

    /// Takes this node's word out of the store, where it leaves in good order.
    func leaveStore(isOrderly: Bool) {
        guard let seeking = storeSeeking else { return }
        if isOrderly { seeking.store.exchange(seeking.board.farewell()) { _ in } }
        seeking.store.close()
        storeSeeking = nil
    }
}

extension Address {
    /// What a member said of where it is; nil where that is no address.
    init?(seedText text: String) {
        guard let seed = Seed(text), let host = HostAddress(seed.host), let port = seed.port else {
            return nil
        }
        self.init(host, port: port)
    }
}
