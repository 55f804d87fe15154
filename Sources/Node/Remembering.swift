import Basics
import Memory
import Options

extension Keeper {
    /// Takes the state file of the node that `settings` describe, before its id is known. Nil where nothing is to be
    /// remembered.
    static func claim(_ settings: Settings, makeId: () -> String) throws(Failure) -> StateFile.Claim? {
        guard let path = settings.stateDirectory else { return nil }
        do throws(StateTrouble) {
            return try StateFile.claim(
                in: path, cluster: settings.cluster, nodeId: settings.nodeId, makeId: makeId)
        } catch {
            throw Failure(error)
        }
    }

    /// Writes that this generation is used, before anybody hears of it. A full disk is trouble of the day and keeps
    /// no node from starting; a directory that cannot be written to is a mistake.
    convenience init(_ claim: StateFile.Claim, generation: UInt64, log: Log) throws(Failure) {
        for remark in claim.remarks { log.write(.warning, remark) }
        var memory = claim.memory
        memory.generation = generation
        do throws(StateTrouble) {
            try claim.file.write(memory)
        } catch {
            guard error.isFull else { throw Failure(error) }
            self.init(claim.file, holding: claim.memory, log: log)
            failed(error.reason)
            return
        }
        self.init(claim.file, holding: memory, log: log)
    }
}

extension Failure {
    fileprivate init(_ trouble: StateTrouble) {
        self.init(trouble.isInUse ? .busy : .system, "option 'state_dir': \(trouble.reason)")
    }
}

extension Runtime {
    /// What the next start of this node should know.
    func remember() -> Memory? {
        guard var memory = keeper?.memory else { return nil }
        memory.generation = max(memory.generation, engine.membership.me.generation)
        for role in engine.failover.roles {
            memory.hear(token: engine.failover.highestToken(of: role), in: role)
        }
        for member in engine.membership.view.members {
            for seat in member.attributes.seats {
                memory.hear(token: max(seat.token, seat.highestToken), in: seat.role)
            }
        }
        booth?.remember(in: &memory)
        if let tasks { memory.taskRows = tasks.rowsToRemember }
        memory.addresses = engine.membership.addressesToRemember(most: Memory.mostAddresses)
        return memory
    }
}
