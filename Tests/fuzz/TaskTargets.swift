import Basics

@testable import Tasks

/// The mail about tasks, the row of a task, and the options of one.
func fuzzTasks(_ input: [UInt8]) {
    if let mail = try? TaskMail.decode(input[...]) {
        let encoded = mail.encoded()
        do {
            let again = try TaskMail.decode(encoded[...])
            require(again == mail, "it is read otherwise:\n\(mail)\n\(String(describing: again))")
        } catch {
            fatalError("what was written is \(error):\n\(mail)")
        }
    }
    if let row = try? TaskRow(decoding: input[...]) {
        let encoded = row.encoded()
        require(encoded.count <= TaskRow.longest, "a row of \(encoded.count) bytes")
        require((try? TaskRow(decoding: encoded[...])) == row, "it is read otherwise:\n\(row)")
    }
    fuzzSpec(String(decoding: input, as: UTF8.self))
}

/// What a spec says must pass to other nodes: as an offer and as a row.
private func fuzzSpec(_ text: String) {
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    for kind in [TaskDefinition.Kind.task, .job, .daemon] {
        do {
            let spec = try TaskSpec(
                name: lines[0], kind: kind, schedule: lines.count > 1 ? lines[1] : "every 5s",
                options: lines.count > 2 ? lines[2] : "", offeredAt: 1_800_000_000_000)
            let mail = TaskMail.offers([spec.definition])
            require((try? TaskMail.decode(mail.encoded()[...])) == mail, "nobody reads the offer \(spec)")
            let row = TaskRow(
                stamp: RowStamp(version: 1, nonce: Nonce(high: 1, low: 1)), definition: spec.definition,
                started: spec.schedule?.started(at: spec.definition.offeredAt).description ?? "")
            require((try? TaskRow(decoding: row.encoded()[...])) == row, "nobody reads the row of \(spec)")
        } catch {
            require(error.description.utf8.count < 512, "a long error: \(error)")
            require(
                error.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f },
                "an error that steers a terminal")
        }
    }
}

/// A coordinator and a worker that hear whatever is said, in any order. They do not trap, and what each of them says can
/// be read by the other.
///
/// Each piece is a mail; its first byte says who hears it, from whom and how much later.
func fuzzTaskMail(_ input: [UInt8]) {
    for isLeased in [false, true] {
        var stage = TaskStage(isLeased: isLeased)
        for piece in pieces(of: input) { stage.play(piece) }
    }
}

private struct TaskStage {
    private static let nodes = ["a", "b", "me"]
    private static let mostAnswers = 4096

    private var coordinator: Coordinator
    private var worker: Worker
    private var now = Instant.distantPast + .seconds(1000)
    private var heard = 0

    init(isLeased: Bool) {
        coordinator = Coordinator(
            settings: CoordinatorSettings(
                id: "me", isLeased: isLeased, trust: .seconds(4), lostAfter: .seconds(1), keepsRows: !isLeased
            ),
            epoch: 7, seed: 1, now: now)
        worker = Worker(
            settings: WorkerSettings(
                id: "me", isLeased: isLeased, trust: .seconds(4), renewEvery: .milliseconds(500)))
        see(Self.nodes)
        if isLeased { take(coordinator.listed([], now: now)) }
    }

    mutating func play(_ piece: ArraySlice<UInt8>) {
        var choices = Choices(piece)
        let what = choices.byte()
        let id = Self.nodes[Int(what >> 5) % Self.nodes.count]
        now = now + .milliseconds([0, 1, 30, 700, 2100, 9000][Int(what & 31) % 6])
        switch (what & 31) / 6 {
        case 0, 1:
            guard let mail = (try? TaskMail.decode(choices.rest)) ?? nil else { break }
            take(coordinator.received(mail, from: id, isTrusted: what & 1 == 0, now: now))
        case 2:
            guard let mail = (try? TaskMail.decode(choices.rest)) ?? nil else { break }
            take(worker.received(mail, now: now))
        case 3: act(&choices, id)
        default:
            take(coordinator.tick(now: now))
            take(worker.tick(now: now))
        }
    }

    private mutating func act(_ choices: inout Choices, _ id: String) {
        let name = choices.one(of: ["a", "b", "c"])
        switch choices.below(10) {
        case 0: see(Self.nodes.filter { $0 != id })
        case 1: see(Self.nodes)
        case 2: take(coordinator.disconnected(id, now: now))
        case 3: take(worker.connected(now: now))
        case 4: take(worker.disconnected())
        case 5: take(worker.hostStarted(name, worker.offers[name]?.token ?? 0, failure: nil, now: now))
        case 6: take(worker.hostStopped(name, worker.offers[name]?.token ?? 0, now: now))
        case 7: take(worker.set(mayAct: choices.below(2) == 0, now: now))
        case 8: take(worker.withdraw(name, now: now))
        default:
            take(
                worker.offer(
                    TaskDefinition(name: name, kind: .task), isSingleton: choices.below(4) > 0, now: now))
        }
    }

    private mutating func see(_ nodes: [String]) {
        take(
            coordinator.see(
                nodes.map { TaskPeer(id: $0, instance: UInt64($0.utf8.count), isLost: false) }, now: now))
    }

    /// Mails between the two of this node are delivered at once, as they are in life.
    private mutating func take(_ actions: [CoordinatorAction]) {
        require(actions.count < 100_000, "one mail is answered by \(actions.count)")
        for action in actions {
            switch action {
            case .send(let mail, "me"), .spread(let mail, _):
                // Of what goes to many, this node has a part too.
                requireReadable(mail)
                guard heard < Self.mostAnswers else { continue }
                heard += 1
                take(worker.received(mail, now: now))
            case .send(let mail, _): requireReadable(mail)
            case .hangUp, .list, .read, .write, .remove, .news, .askHost, .stepDown: break
            }
        }
    }

    private mutating func take(_ actions: [WorkerAction]) {
        for action in actions {
            guard case .send(let mail) = action else { continue }
            requireReadable(mail)
            guard heard < Self.mostAnswers else { continue }
            heard += 1
            take(coordinator.received(mail, from: "me", isTrusted: true, now: now))
        }
    }

    private func requireReadable(_ mail: TaskMail) {
        do {
            require(try TaskMail.decode(mail.encoded()[...]) != nil, "nobody reads \(mail)")
        } catch {
            fatalError("nobody reads \(mail): \(error)")
        }
    }
}
