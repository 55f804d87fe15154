@testable import Options

/// Lines of `key=value`, as a host sets them.
func fuzzOptions(_ input: [UInt8]) {
    var options = Options()
    var strange = 0
    for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let (key, text) = (parts[0], parts.count > 1 ? parts[1] : "")
        do throws(OptionError) {
            try options.set(key, text)
            requireSet(options, key, text)
        } catch {
            requireShowable(error, secret: text, of: key)
            // The search for the name that was meant takes long, and finds nothing new before long.
            if error.kind == .unknownKey { strange += 1 }
            guard strange < 3 else { break }
        }
        requireExactDuration(text)
    }
    requireTotal(options)
}

func fuzzToml(_ input: [UInt8]) { load(input, "fuzz.toml") { "\"\($0)\" = \"\(escaped($1))\"" } }

func fuzzProperties(_ input: [UInt8]) { load(input, "fuzz.properties") { "\($0)=\(escaped($1))" } }

/// Lines of `variable=bytes`, as a process finds them.
func fuzzEnvironment(_ input: [UInt8]) {
    var variables: [String: [UInt8]] = [:]
    for line in input.split(separator: 0x0a) {
        let name = line.prefix { $0 != 0x3d }
        variables[String(decoding: name, as: UTF8.self)] = Array(line.dropFirst(name.count + 1))
    }
    var options = Options()
    options.applyEnvironment(all: true) { variables[$0] }
    for row in OptionTable.rows {
        do throws(OptionError) { _ = try options.get(row.name) } catch {
            requireShowable(error, secret: "", of: row.name)
        }
    }
    requireTotal(options)
}

/// A file that is refused changes nothing; one that is taken says the same when it is written anew.
private func load(_ content: [UInt8], _ path: String, line: (String, String) -> String) {
    var options = Options()
    for (key, text) in [("name", "before"), ("port", "1"), ("failover.grace", "2s")] {
        let before = Array((line(key, text) + "\n").utf8)
        do { try options.load(before, path: path) } catch { fatalError("\(error)") }
    }
    let before = OptionTable.rows.map { try? options.get($0.name) }
    do throws(OptionError) {
        try options.load(content, path: path)
    } catch {
        requireShowable(error, secret: "", of: "")
        require(
            OptionTable.rows.map { try? options.get($0.name) } == before, "a refused file left its traces")
        return
    }

    for note in options.notes { requireShowable(OptionError(.badFile, note), secret: "", of: "") }

    var again = Options()
    let given = OptionTable.rows.compactMap { row in options.given(row.key).map { (row.name, $0.text) } }
    let written = given.map { line($0, $1) }.joined(separator: "\n")
    do { try again.load(Array(written.utf8), path: path) } catch {
        fatalError("the same, written anew, is refused: \(error)\n\(written)")
    }
    for row in OptionTable.rows {
        require(options.given(row.key)?.text == again.given(row.key)?.text, "\(row.name) reads differently")
    }
    requireTotal(options)
}

/// As both kinds of file write it.
private func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\", "\"": escaped += "\\" + String(scalar)
        case _ where scalar.value < 0x20:
            escaped += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}

// MARK: rules

/// What was set is what is said to be set.
private func requireSet(_ options: Options, _ key: String, _ text: String) {
    guard let row = OptionTable.row(named: key), let found = try? options.get(key) else {
        fatalError("\(key) was set and is not there")
    }
    let value = trimmed(text)
    if !value.isEmpty { require(found == (row.isSecret ? "(set)" : value), "\(key) reads differently") }
}

/// Whatever was given, the settings come out or an error does.
private func requireTotal(_ options: Options) {
    do throws(OptionError) {
        let settings = try options.settings()
        require(settings.keys.allSatisfy { $0.count == 32 }, "a key of another length")
        require(settings.seeds.count <= Seed.most, "too many seeds")
        require(!settings.keys.isEmpty || settings.insecure || settings.bind.isLoopback, "open without a key")
        require(settings.probeTimeoutNanoseconds > 0, "no time for a probe")
    } catch {
        requireShowable(error, secret: "", of: "")
    }
}

/// An error ends up in logs and terminals: it neither fills nor steers them, and tells no secret.
private func requireShowable(_ error: OptionError, secret: String, of key: String) {
    let message = error.message
    require(message.utf8.count < 3_000, "an error of \(message.utf8.count) bytes")
    let isPlain = message.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
    require(isPlain, "an error with control characters: \(message)")
    guard OptionTable.row(named: key)?.isSecret == true, secret.utf8.count >= 16 else { return }
    require(!message.contains(secret) || OptionType.key.allowed.contains(secret), "a secret was told")
}

private func requireExactDuration(_ text: String) {
    guard let nanoseconds = parseDuration(text) else { return }
    let written = durationText(nanoseconds: nanoseconds)
    require(parseDuration(written) == nanoseconds, "\(text) becomes \(written)")
}
