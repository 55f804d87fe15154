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
//     exchange ENTRY|- [ENTRY...]     announces the first, removes the others; an entry is ID/INSTANCE/COUNTER/ADDRESS
//     task read NAME                  a name is its bytes in hexadecimal digits, like DATA
//     task write NAME VERSION.NONCE|- VERSION NONCE EPOCH HOLDER|. DATA|-
//     task remove NAME VERSION.NONCE
//     task list NAME|- MOST
//     claims MILLISECONDS             writes a row of a task over and over, each time when it stands there
//     fork exit|_exit                 asks in a forked child, which then ends so
//     close
//
// A reply is the number of its request, the answer, what was found or "-", and the error. A row is "VERSION NONCE EPOCH
// HOLDER", that of a task with " DATA" behind it, and in a list with "NAME " before it and a comma between two.
// "claims" says how many there were, and in how many nanoseconds.

func hex(_ nonce: Nonce) -> String { String(nonce.low, radix: 16) }

func nonce(_ text: some StringProtocol) -> Nonce? {
    UInt64(text, radix: 16).map { Nonce(high: 0x0123_4567_89ab_cdef, low: $0) }
}

/// "VERSION.NONCE"; nil for anything else.
func stamp(_ text: some StringProtocol) -> RowStamp? {
    let words = text.split(separator: ".")
    guard words.count == 2, let version = UInt64(words[0]), let nonce = nonce(words[1]) else { return nil }
    return RowStamp(version: version, nonce: nonce)
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

func say(_ line: String) { output.with { _ in put(line) } }

func put(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            write(STDOUT_FILENO, $0.baseAddress?.advanced(by: sent), $0.count - sent)
        }
        guard count > 0 else { return }
        sent += count
    }
}

func entry(_ text: some StringProtocol) -> MemberEntry? {
    let words = text.split(separator: "/", maxSplits: 3)
    guard words.count == 4, let instance = UInt64(words[1]), let counter = UInt64(words[2]) else {
        return nil
    }
    return MemberEntry(
        id: String(words[0]), instance: instance, counter: counter, address: String(words[3]))
}

func exchange(_ number: Int, _ words: [Substring], _ store: Store) -> Bool {
    let own = entry(words[1])
    let remove = words.dropFirst(2).compactMap { entry($0) }
    guard (own != nil) == (words[1] != "-"), remove.count == words.count - 2 else { return false }
    store.exchange(MemberExchange(announce: own, remove: remove)) { result in
        switch result {
        case .success(let entries):
            let shown = entries.map { "\($0.id)/\($0.instance)/\($0.counter)/\($0.address)" }
            say("\(number)\tmembers\t\(shown.joined(separator: " "))\t-")
        case .failure(let error): say("\(number)\tfailed\t-\t\(error.kind): \(error.text)")
        }
    }
    return true
}

/// The sockets that this process has, whoever opened them.
func sockets() -> Int {
    var count = 0
    for descriptor in Int32(0)..<1024 {
        var status = stat()
        if fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK { count += 1 }
    }
    return count
}

/// What Swift does not let one call: `fork`.
let forkProcess = unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)

/// What a forked child is answered, how many sockets it has, and that its end is in order; it says so itself, and
/// without the lock, which may have been held by a thread that the child does not have.
func fork(_ number: Int, _ ending: Substring, _ store: Store) {
    let child = forkProcess()
    if child == 0 {
        alarm(10)
        let said = Monitor<[String]>([])
        let note: @Sendable (StoreError?) -> Void = { error in
            // Spelled out: to name a case Swift looks it up under a lock that a thread of the parent may have held.
            said.with { $0.append(error.map { $0.kind == .engine ? "engine" : "another" } ?? "none") }
        }
        store.read(role: "primary") { note($0.error) }
        store.exchange(MemberExchange()) { if case .failure(let error) = $0 { note(error) } }
        store.close()
        store.read(role: "primary") { note($0.error) }
        put("\(number)\tforked\t\(sockets()) \(said.with { $0.joined(separator: " ") })\t-")
        if ending == "exit" { exit(0) }
        _exit(0)
    }
    var status: Int32 = -1
    waitpid(child, &status, 0)
    if child < 0 || status != 0 { say("\(number)\tforked\tended with \(status)\t-") }
}

func perform(_ number: Int, _ words: [Substring], _ store: Store) -> Bool {
    if words.count == 2, words[0] == "read" {
        store.read(role: String(words[1])) { reply(number, $0) }
        return true
    }
    if words.count >= 2, words[0] == "exchange" { return exchange(number, words, store) }
    if words.count >= 3, words[0] == "task" { return task(number, Array(words.dropFirst()), store) }
    if words.count == 2, words[0] == "claims", let milliseconds = Int64(words[1]) {
        claims(number, milliseconds, store)
        return true
    }
    if words.count == 2, words[0] == "fork" {
        fork(number, words[1], store)
        return true
    }
    if words == ["close"] {
        store.close()
        return true
    }
    guard words.count == 7, words[0] == "write", let version = UInt64(words[3]), let fresh = nonce(words[4]),
        let epoch = UInt64(words[5])
    else { return false }
    let expected = stamp(words[2])
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
