import Basics
import Lease
import Testing

@Suite("Giving back what a dead process held")
struct ReleaseTests {
    private let release = Release(id: "a", instance: 7)
    private let fresh = Nonce(high: 8, low: 9)

    private func row(holder: String = "a", instance: UInt64 = 7, target: String = "") -> LeaseRow {
        LeaseRow(
            holder: holder, instance: instance, epoch: 5, version: 40, nonce: Nonce(high: 1, low: 2),
            hold: .seconds(9), successors: ["b", "c"], target: target, paused: true)
    }

    @Test("It begins by reading, and reads again whenever a write did not certainly succeed")
    func reading() {
        for answer in [nil, .conflict, .failed, .unknown] as [RegisterAnswer?] {
            #expect(release.next(after: answer, nonce: fresh) == .read)
        }
        #expect(release.next(after: .applied, nonce: fresh) == .done)
    }

    @Test("The row keeps its token, its order and its pause, and names nobody")
    func writing() {
        var old = row()
        old.wished = Nonce(high: 3, low: 4)
        var empty = old
        empty.wished = nil
        empty.holder = ""
        empty.instance = 0
        empty.version = 41
        empty.nonce = fresh
        #expect(release.next(after: .row(old), nonce: fresh) == .write(expected: old.stamp, row: empty))
    }

    @Test("A wish for another stays; an offer to the dead one does not")
    func targets() throws {
        for (target, kept) in [("c", "c"), ("a", "")] {
            guard case .write(_, let written) = release.next(after: .row(row(target: target)), nonce: fresh)
            else {
                Issue.record("nothing is written")
                return
            }
            #expect(written.target == kept)
        }
    }

    @Test(
        "What does not name this very start of the dead one is left alone",
        arguments: [
            ("b", 7), ("a", 8), ("", 0),
        ] as [(String, UInt64)])
    func others(holder: String, instance: UInt64) {
        #expect(release.next(after: .row(row(holder: holder, instance: instance)), nonce: fresh) == .done)
    }

    @Test("Where there is no row there is nothing to give back")
    func noRow() { #expect(release.next(after: .row(nil), nonce: fresh) == .done) }
}
