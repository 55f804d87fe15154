import Basics
import Glibc
import Lease
import Stores
import Threads

// One client of a store, for the tests: requests as lines of words in, replies out as they come.
//
//     store-driver schema DIALECT
//     store-driver URL CLUSTER PATIENCE_MS [no-tables]
//     read ROLE
//     write ROLE VERSION.NONCE|- VERSION NONCE EPOCH HOLDER
//
// A reply is the number of its request, the answer, "VERSION NONCE EPOCH HOLDER" of a row or "-", and the error.

func hex(_ nonce: Nonce) -> String { String(nonce.low, radix: 16) }

func nonce(_ text: some StringProtocol) -> Nonce? {
    UInt64(text, radix: 16).map { Nonce(high: 0x0123_4567_89ab_cdef, low: $0) }
}

let output = Monitor(0)

func reply(_ number: Int, _ reply: RegisterReply) {
    var answer = ""
    var shown = "-"
    switch reply.answer {
    case .row(let row):
        answer = row == nil ? "nothing" : "row"
        if let row { shown = "\(row.version) \(hex(row.nonce)) \(row.epoch) \(row.holder)" }
    case .applied: answer = "applied"
    case .conflict: answer = "conflict"
    case .failed: answer = "failed"
    case .unknown: answer = "unknown"
    }
    say("\(number)\t\(answer)\t\(shown)\t\(reply.error.map { "\($0.kind): \($0.text)" } ?? "-")")
}

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    output.with { _ in
        // In one piece: lines are short.
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}

func perform(_ number: Int, _ words: [Substring], _ store: Store) -> Bool {
    if words.count == 2, words[0] == "read" {
        store.read(role: String(words[1])) { reply(number, $0) }
        return true
    }
    guard words.count == 7, words[0] == "write", let version = UInt64(words[3]), let fresh = nonce(words[4]),
        let epoch = UInt64(words[5])
    else { return false }
    let stamp = words[2].split(separator: ".")
    var expected: LeaseStamp?
    if stamp.count == 2, let version = UInt64(stamp[0]), let nonce = nonce(stamp[1]) {
        expected = LeaseStamp(version: version, nonce: nonce)
    }
    let row = LeaseRow(
        holder: String(words[6]), instance: 7, epoch: epoch, version: version, nonce: fresh,
        hold: .seconds(9), successors: ["second", "third"])
    store.compareAndSet(role: String(words[1]), expected: expected, row: row) { reply(number, $0) }
    return true
}

func main() -> Int32 {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "schema", let dialect = Dialect(rawValue: arguments[2]) {
        print(StoreSchema.script(for: dialect))
        return 0
    }
    guard arguments.count >= 4, let patience = Int64(arguments[3]) else { return 2 }
    var settings = StoreSettings(
        url: arguments[1], cluster: arguments[2], patience: .milliseconds(patience))
    settings.makesTables = !arguments.contains("no-tables")
    do {
        let store = try Store.open(settings)
        say("open")
        var number = 0
        while let line = readLine() {
            guard perform(number, line.split(separator: " "), store) else { return 2 }
            number += 1
        }
        store.close()
        return 0
    } catch {
        say("error\t\(error.kind): \(error.text)")
        return 1
    }
}

exit(main())
