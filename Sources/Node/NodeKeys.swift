import Basics
import Threads
import Transport

// The ring of keys as the threads of a host use it.
extension Node {
    /// Which member has which keys.
    package func keysJson(timeoutMs: Int32) throws(Failure) -> String {
        try work(nil, timeoutMs: timeoutMs).keysJson.text
    }

    /// Gives all present members a key that opens from now on.
    package func addKey(_ key: String, timeoutMs: Int32) throws(Failure) {
        try makeChange(.add(try KeyName.key(key)), timeoutMs)
    }

    /// Makes all present members seal with a key that they have.
    package func useKey(_ name: String, timeoutMs: Int32) throws(Failure) {
        try makeChange(.use(try KeyName.fingerprint(name)), timeoutMs)
    }

    /// Makes all present members forget a key that none of them seals with.
    package func removeKey(_ name: String, timeoutMs: Int32) throws(Failure) {
        try makeChange(.remove(try KeyName.fingerprint(name)), timeoutMs)
    }

    private func makeChange(_ change: KeyChange, _ timeoutMs: Int32) throws(Failure) {
        if let failure = try work(change, timeoutMs: timeoutMs).failure { throw failure }
    }

    private func work(_ change: KeyChange?, timeoutMs: Int32) throws(Failure) -> KeyReport {
        try check()
        let deadline = Clock.deadline(afterMs: timeoutMs)
        let ended = Monitor<Result<KeyReport, Failure>?>(nil)
        let runtime = runtime
        SharedLoop.loop.execute {
            do throws(Failure) {
                try runtime.checkStanding()
                KeyWork.begin(change, on: runtime, until: deadline) { result in ended.change { $0 = result } }
            } catch {
                ended.change { $0 = .failure(error) }
            }
        }
        // It ends by itself: no member is waited for without end.
        guard let result: Result<KeyReport, Failure> = ended.wait(until: nil, { $0 }) else { throw .closed }
        return try result.get()
    }
}
