import Basics
import CGuardian

/// What the guardian was started for.
struct Charge {
    let id: String
    let cluster: String
    let store: String
    let instance: UInt64
    let host: Int32
    let frozenAfter: Interval
    let patience: Interval
    let hold: Interval
    /// How letters to voters begin, and their receipts; empty where the lease is in a store.
    let letter: [UInt8]
    let receipt: [UInt8]

    /// Takes it out of the page.
    init(takenFrom page: OpaquePointer) {
        var charge = guardian_charge()
        guardian_page_take_charge(page, &charge)
        id = Charge.text(&charge.id)
        cluster = Charge.text(&charge.cluster)
        store = Charge.text(&charge.store)
        instance = charge.instance
        host = charge.host
        frozenAfter = Interval(nanoseconds: charge.frozen_after_ns)
        patience = Interval(nanoseconds: charge.patience_ns)
        hold = Interval(nanoseconds: charge.hold_ns)
        letter = Charge.bytes(&charge.letter, charge.letter_length)
        receipt = Charge.bytes(&charge.receipt, charge.receipt_length)
    }

    private static func bytes<Characters>(_ characters: inout Characters, _ length: UInt32) -> [UInt8] {
        withUnsafeBytes(of: &characters) { Array($0.prefix(Int(length))) }
    }

    /// An array of C ends with a zero.
    private static func text<Characters>(_ characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
