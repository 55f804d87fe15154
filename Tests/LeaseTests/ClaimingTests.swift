import Basics
import Lease
import Testing

@Suite("When a node may take the lease")
struct ClaimingTests {
    @Test("creating the row waits L")
    func creating() throws {
        var desk = try Desk()
        let began = desk.now
        desk.look(at: nil, for: 10_000)
        let write = try #require(desk.write)
        #expect(desk.now - began >= .seconds(3))
        #expect(desk.now - began < .milliseconds(3100))
        #expect(write.expected == nil)
        #expect(write.row.epoch == 1)
        #expect(desk.promoted == nil)
        desk.answer(write.id, .applied)
        #expect(desk.promoted == 1)
    }

    @Test("the wait counts from the reply that first showed the row, not from the request")
    func countsFromReply() throws {
        var desk = try Desk()
        desk.tick()
        let read = desk.read
        desk.pass(400)
        desk.answer(read, .row(Desk.row()))
        let shown = desk.now
        desk.look(at: Desk.row(), for: 10_000)
        #expect(desk.write != nil)
        #expect(desk.now - shown >= .seconds(3))
    }

    @Test("any change starts the wait anew")
    func changeRestarts() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(version: 50), for: 2450)
        #expect(desk.write == nil)
        let changed = desk.now
        desk.look(at: Desk.row(version: 51), for: 10_000)
        #expect(desk.now - changed >= .seconds(3))
    }

    @Test("however often others wish for something, nobody counts anew for it")
    func wishes() throws {
        var desk = try Desk()
        let began = desk.now
        var row = Desk.row(successors: ["n1"])
        for _ in 0..<4 {
            desk.look(at: row, for: 550)
            #expect(desk.write == nil)
            row = Desk.wish(row.target.isEmpty ? "n1" : "", in: row)
        }
        desk.look(at: row, for: 10_000)
        #expect(desk.now - began >= .seconds(3))
        #expect(desk.now - began < .milliseconds(3100))
        #expect(desk.write?.expected == row.stamp)
        // What the holder writes afterwards says again that it lives.
        desk = try Desk()
        desk.look(at: Desk.wish("n1", in: row), for: 2450)
        #expect(desk.write == nil)
        let renewed = desk.now
        desk.look(at: Desk.row(version: 90), for: 10_000)
        #expect(desk.now - renewed >= .seconds(3))
    }

    @Test("a row that names another write of the holder, or another holding, is no wish")
    func noWish() throws {
        let row = Desk.row()
        let wish = Desk.wish("n1", in: row)
        var others = [wish, wish, wish, wish, wish]
        others[0].wished?.low ^= 1
        others[1].wished = nil
        others[2].epoch += 1
        others[3].instance += 1
        others[4].hold = .seconds(2)
        for other in others {
            var desk = try Desk()
            desk.look(at: row, for: 2450)
            let changed = desk.now
            desk.look(at: other, for: 10_000)
            #expect(desk.now - changed >= .seconds(3))
        }
    }

    @Test("all look at a wish before anybody but the first in the line acts upon it")
    func wishesAreLookedAt() throws {
        for place in [0, 1] {
            var desk = try Desk()
            var line = ["n5"]
            line.insert("n1", at: place)
            var row = Desk.row(successors: line, paused: true)
            desk.look(at: row, for: 9000)
            #expect(desk.write == nil)
            row = Desk.wish("", in: row)
            row.paused = false
            let resumed = desk.now
            desk.look(at: row, for: 5000)
            let waited: Interval = desk.now - resumed
            #expect(desk.write?.row.epoch == 8)
            #expect(waited <= .milliseconds(510 + 750 * Int64(place)))
            #expect(waited >= .milliseconds(750 * Int64(place)))
        }
    }

    @Test("the wait is the larger of the own hold and the row's", arguments: [Int64(1), 9])
    func largerHold(seconds: Int64) throws {
        var settings = LeaseSettings.usual
        settings.longestHold = .seconds(9)
        var desk = try Desk(settings: settings)
        let began = desk.now
        desk.look(at: Desk.row(hold: .seconds(seconds)), for: 20_000)
        #expect(desk.write != nil)
        #expect(desk.now - began >= .seconds(max(3, seconds)))
        #expect(desk.now - began < .seconds(max(3, seconds)) + .milliseconds(100))
    }

    @Test("the k-th standby waits (k-1) steps longer", arguments: [0, 1, 2])
    func steps(place: Int) throws {
        var order = ["n5", "n6"]
        order.insert("n1", at: place)
        var desk = try Desk()
        let began = desk.now
        desk.look(at: Desk.row(successors: order), for: 10_000)
        let waited: Interval = desk.now - began
        let least = Interval.seconds(3) + .milliseconds(250) * Int64(place)
        #expect(waited >= least)
        #expect(waited < least + .milliseconds(100))
    }

    @Test("a claim compares version and nonce, raises the epoch, and carries a fresh nonce")
    func claim() throws {
        var desk = try Desk()
        let row = Desk.row(epoch: 7, version: 50)
        desk.look(at: row, for: 10_000)
        let write = try #require(desk.write)
        #expect(write.expected == row.stamp)
        #expect(write.row.epoch == 8)
        #expect(write.row.version == 51)
        #expect(write.row.nonce != row.nonce)
        desk.answer(write.id, .conflict)
        #expect(desk.promoted == nil)
        let read = desk.read
        #expect(read != nil)
    }

    @Test("who could not look for too long has not seen that nothing changed")
    func gap() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(), for: 1100)
        // The store is away for two seconds.
        for _ in 0..<20 {
            desk.tick()
            if desk.read != nil { desk.answer(desk.read, .failed) }
            #expect(desk.write == nil)
            desk.pass(100)
        }
        let back = desk.now
        desk.look(at: Desk.row(), for: 10_000)
        #expect(desk.write != nil)
        #expect(desk.now - back >= .seconds(3))
    }

    @Test("nobody takes over while the role is paused, or while not ready, or while its host is stopping")
    func withheld() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(paused: true), for: 8000)
        #expect(desk.write == nil)
        desk = try Desk()
        desk.actions = desk.lease.setReady(false, now: desk.now)
        desk.answer(desk.read, .row(Desk.row()))
        desk.look(at: Desk.row(), for: 8000)
        #expect(desk.write == nil)
        desk.actions = desk.lease.setReady(true, now: desk.now)
        #expect(desk.write != nil)
    }

    @Test("who pauses the role does not take it over, though the register does not know of the pause yet")
    func ownPause() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(), for: 2990)
        desk.actions = desk.lease.pause(now: desk.now)
        desk.look(at: Desk.row(), for: 1000)
        let petition = try #require(desk.write)
        #expect(petition.row.holder == "n9")
        #expect(petition.row.epoch == 7)
        #expect(petition.row.paused)
    }

    @Test("a restarted holder is not the holder")
    func restarted() throws {
        var desk = try Desk(instance: 2)
        let began = desk.now
        desk.look(at: Desk.row("n1", instance: 1), for: 10_000)
        #expect(desk.now - began >= .seconds(3))
        #expect(desk.write?.row.epoch == 8)
        #expect(desk.write?.row.instance == 2)
    }

    @Test("no epoch above the highest is ever asked for")
    func lastEpoch() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(epoch: LeaseRow.highestEpoch), for: 10_000)
        #expect(desk.write == nil)
    }

    @Test("an epoch that may have been given out is avoided")
    func reserved() throws {
        var desk = try Desk()
        desk.lease.avoid(epoch: 40)
        desk.look(at: Desk.row(epoch: 7), for: 10_000)
        #expect(desk.write?.row.epoch == 41)
    }

    @Test("a claim found by reading back counts from when it was sent, and only where the nonce is its own")
    func readBack() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(), for: 10_000)
        let write = try #require(desk.write)
        let sent = desk.now
        desk.answer(write.id, .unknown)
        #expect(desk.promoted == nil)
        desk.pass(300)
        desk.answer(desk.read, .row(write.row))
        #expect(desk.promoted == 8)
        #expect(desk.lease.trustUntil == sent + .milliseconds(2100))
        // Another's nonce under the same version.
        desk = try Desk()
        desk.look(at: Desk.row(), for: 10_000)
        let mine = try #require(desk.write)
        desk.answer(mine.id, .unknown)
        var other = mine.row
        other.nonce.low ^= 1
        desk.answer(desk.read, .row(other))
        #expect(desk.promoted == nil)
        #expect(desk.lease.trustUntil == nil)
    }

    @Test("a register that refuses is asked now and then, also when the lease could be taken")
    func refusing() throws {
        for answer in [RegisterAnswer.failed, .unknown] {
            var desk = try Desk()
            desk.look(at: Desk.row(), for: 1000)
            var asked = 0
            for _ in 0..<10_000 {
                desk.pass(1)
                guard desk.lease.nextDeadline <= desk.now else { continue }
                desk.tick()
                // Whatever is asked is refused at once, and that may lead to the next question.
                while let id = desk.read ?? desk.write?.id, asked < 1000 {
                    asked += 1
                    desk.answer(id, answer)
                }
                #expect(desk.lease.nextDeadline > desk.now)
            }
            // Every quarter of a renewal, and not much more.
            #expect(asked > 40 && asked < 100)
        }
    }
}
