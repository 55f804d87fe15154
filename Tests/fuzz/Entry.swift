private typealias Target = @Sendable ([UInt8]) -> Void

/// Everything that reads bytes from outside, by the name under which `run` and the corpus know it.
private let targets: [String: Target] = [
    "message": fuzzMessage,
    "datagram": fuzzDatagrams,
    "sealed-datagram": fuzzSealedDatagrams,
    "stream": fuzzStream,
    "sealed-stream": fuzzSealedStream,
    "history": fuzzHistory,
    "options": fuzzOptions,
    "toml": fuzzToml,
    "properties": fuzzProperties,
    "environment": fuzzEnvironment,
    "address": fuzzAddress,
    "key": fuzzKey,
    "schedule": fuzzSchedule,
    "zone": fuzzZone,
    "voting": fuzzVoting,
    "will": fuzzWill,
    "state": fuzzState,
    "http": fuzzHttp,
    "etcd": fuzzEtcd,
    "entry": fuzzEntry,
    "tasks": fuzzTasks,
    "task-mail": fuzzTaskMail,
    "control": fuzzControl,
    "console": fuzzConsole,
]

/// Named by `--target=NAME`: libFuzzer passes over what begins with two hyphens, and hands it on to its children.
private let target: Target = {
    for argument in CommandLine.arguments where argument.hasPrefix("--target=") {
        if let found = targets[String(argument.dropFirst("--target=".count))] { return found }
    }
    fatalError("--target= must be one of " + targets.keys.sorted().joined(separator: ", "))
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Ends the process, and libFuzzer keeps the input: besides traps, leaks and endless loops, a broken rule counts.
func require(_ holds: Bool, _ rule: @autoclosure () -> String) {
    guard holds else { fatalError(rule()) }
}
