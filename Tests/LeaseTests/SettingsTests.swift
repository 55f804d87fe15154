import Basics
import Lease
import Testing
import Wire

@Suite("Settings and rows")
struct LeaseSettingsTests {
    @Test("the three profiles are possible", arguments: [LeaseSettings.usual, .database, .fast])
    func profiles(settings: LeaseSettings) {
        #expect(settings.impossible == nil)
    }

    @Test("D (1 + rho) + guard <= L (1 - rho), to the millisecond")
    func margin() {
        var settings = LeaseSettings.usual
        settings.trust = .milliseconds(2920)
        #expect(settings.impossible == nil)
        settings.trust = .milliseconds(2921)
        #expect(settings.impossible?.contains("too long for hold 3000 ms") == true)
    }

    @Test("what cannot work is refused with its reason")
    func refused() {
        var settings = LeaseSettings.usual
        settings.renew = .milliseconds(701)
        #expect(settings.impossible?.contains("three renewals") == true)
        settings = .usual
        settings.longestHold = .milliseconds(2999)
        #expect(settings.impossible?.contains("longestHold") == true)
        settings.longestHold = .seconds(3601)
        #expect(settings.impossible != nil)
        settings = .usual
        settings.step = .zero
        #expect(settings.impossible != nil)
        settings = .usual
        settings.renew = .milliseconds(9)
        #expect(settings.impossible != nil)
        settings.renew = Interval(nanoseconds: .max)
        #expect(settings.impossible != nil)
        let nonce = Nonce(high: 1, low: 2)
        #expect(
            Lease(id: "n1", instance: 1, settings: settings, seed: nonce, now: .distantPast) == nil)
    }

    @Test("a row survives its encoding")
    func coding() throws {
        var row = Desk.row(epoch: LeaseRow.highestEpoch, successors: ["a", "b"], target: "c", paused: true)
        row.nonce = Nonce(high: .max, low: 0)
        row.wished = Nonce(high: 0, low: 5)
        #expect(try LeaseRow(decoding: row.encoded()[...]) == row)
    }

    @Test("an epoch of 2^53, a hold of more than an hour and a row without version are refused")
    func bounds() {
        var row = Desk.row(epoch: LeaseRow.highestEpoch + 1)
        #expect(throws: WireError.outOfRange(field: 3)) { try LeaseRow(decoding: row.encoded()[...]) }
        row = Desk.row(hold: .seconds(3601))
        #expect(throws: WireError.outOfRange(field: 7)) { try LeaseRow(decoding: row.encoded()[...]) }
        row = Desk.row(version: 0)
        #expect(throws: WireError.missing(field: 4)) { try LeaseRow(decoding: row.encoded()[...]) }
        row = Desk.row(hold: .zero)
        #expect(throws: WireError.missing(field: 7)) { try LeaseRow(decoding: row.encoded()[...]) }
    }
}
