import Basics
import Stores
import Threads

/// What is asked of the rows of tasks.
func task(_ number: Int, _ words: [Substring], _ store: Store) -> Bool {
    switch (words[0], words.count) {
    case ("read", 2):
        guard let name = name(words[1]) else { return false }
        store.readTask(name) { result in
            switch result {
            case .success(let row): say(number, row == nil ? "nothing" : "row", row.map(shown) ?? "-")
            case .failure(let error): say(number, "failed", "-", error)
            }
        }
    case ("write", 8):
        guard let name = name(words[1]), let version = UInt64(words[3]), let fresh = nonce(words[4]),
            let epoch = UInt64(words[5]), let data = words[7] == "-" ? [] : bytes(words[7])
        else { return false }
        let row = StoredRow(
            stamp: RowStamp(version: version, nonce: fresh), epoch: epoch,
            holder: words[6] == "." ? "" : String(words[6]), data: data)
        store.writeTask(name, expected: stamp(words[2]), row: row) { say(number, $0) }
    case ("remove", 3):
        guard let name = name(words[1]), let expected = stamp(words[2]) else { return false }
        store.removeTask(name, expected: expected) { say(number, $0) }
    case ("list", 3):
        let after = words[1] == "-" ? nil : name(words[1])
        guard let most = Int(words[2]) else { return false }
        store.listTasks(after: after, most: most) { result in
            switch result {
            case .success(let rows):
                let texts = rows.map { "\(hex(Array($0.name.utf8))) \(shown($0.row))" }
                say(number, "rows", texts.isEmpty ? "-" : texts.joined(separator: ","))
            case .failure(let error): say(number, "failed", "-", error)
            }
        }
    default: return false
    }
    return true
}

/// Claims one run of a task after the other, as a node does that has to be sure of each.
func claims(_ number: Int, _ milliseconds: Int64, _ store: Store) {
    let clock = ContinuousClock()

    @Sendable func claim(_ expected: RowStamp?, _ count: UInt64, since start: ContinuousClock.Instant) {
        let stamp = RowStamp(version: count + 1, nonce: Nonce(high: 7, low: .random(in: 0...(.max))))
        // About as much as a definition and a claim are.
        let row = StoredRow(
            stamp: stamp, epoch: 7, holder: "ada", data: [UInt8](repeating: 0x5a, count: 256))
        store.writeTask("claimed", expected: expected, row: row) { answer in
            guard answer == .applied else { return say(number, answer) }
            let took = clock.now - start
            if took < .milliseconds(milliseconds) { return claim(stamp, count + 1, since: start) }
            let (seconds, attoseconds) = took.components
            let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            say(number, "claims", "\(count + 1) \(nanoseconds)")
        }
    }

    // What another run left goes first.
    store.readTask("claimed") { result in
        switch result {
        case .success(let row?):
            store.removeTask("claimed", expected: row.stamp) { answer in
                answer == .applied ? claim(nil, 0, since: clock.now) : say(number, answer)
            }
        case .success(nil): claim(nil, 0, since: clock.now)
        case .failure(let error): say(number, "failed", "-", error)
        }
    }
}

private func say(_ number: Int, _ answer: RowWrite) {
    switch answer {
    case .applied: say(number, "applied", "-")
    case .conflict: say(number, "conflict", "-")
    case .failed(let error): say(number, "failed", "-", error)
    case .unknown(let error): say(number, "unknown", "-", error)
    }
}

private func say(_ number: Int, _ answer: String, _ shown: String, _ error: StoreError? = nil) {
    say("\(number)\t\(answer)\t\(shown)\t\(error.map { "\($0.kind): \($0.text)" } ?? "-")")
}

private func shown(_ row: StoredRow) -> String {
    let holder = row.holder.isEmpty ? "." : row.holder
    let data = row.data.isEmpty ? "-" : hex(row.data)
    return "\(row.stamp.version) \(hex(row.stamp.nonce)) \(row.epoch) \(holder) \(data)"
}

private func name(_ text: Substring) -> String? {
    bytes(text).flatMap { String(validating: $0, as: UTF8.self) }
}

private func bytes(_ text: Substring) -> [UInt8]? {
    let digits = Array(text.utf8)
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 2) {
        guard
            let byte = UInt8(
                String(decoding: digits[start..<min(start + 2, digits.count)], as: UTF8.self), radix: 16)
        else { return nil }
        bytes.append(byte)
    }
    return bytes
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
