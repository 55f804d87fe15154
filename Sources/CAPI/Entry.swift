import CGuest
import Node
import Options

// Every C function goes through here: the one place where Swift errors become numbers and where a
// forked child is turned away: before anything else, since there some thread of the parent may hold a
// lock for ever, also one of the Swift runtime, which an error or a class would ask for. Nothing behind
// it may trap, since a trap ends the host.

/// Runs the body of a function that answers with a result of its own choice.
func answering(_ body: () throws -> cluster_result) -> cluster_result {
    guard guest_refuses_forked_child() == 0 else { return .CLUSTER_E_FORKED }
    do {
        return try body()
    } catch {
        let failure = failure(from: error)
        remember(failure)
        return cluster_result(rawValue: failure.code.rawValue) ?? .CLUSTER_E_SYSTEM
    }
}

/// Runs the body of a function that answers CLUSTER_OK unless it fails.
func entry(_ body: () throws -> Void) -> cluster_result {
    answering {
        try body()
        return .CLUSTER_OK
    }
}

/// Runs the body of a function whose return value has no room for a code.
func entry<Value>(otherwise value: Value, _ body: () throws -> Value) -> Value {
    guard guest_refuses_forked_child() == 0 else { return value }
    do {
        return try body()
    } catch {
        remember(failure(from: error))
        return value
    }
}

/// Runs the body of a function that ends a handle. NULL is nothing to do. In a forked child there is
/// nothing to do either: the descriptors are closed, the threads did not come along, and the memory
/// goes with the process.
func ending(_ handle: OpaquePointer?, _ body: (OpaquePointer) throws -> Void) {
    guard let handle, guest_is_forked_child() == 0 else { return }
    do {
        try body(handle)
    } catch {
        remember(failure(from: error))
    }
}

private func failure(from error: any Error) -> Failure {
    switch error {
    case let failure as Failure: failure
    case let error as OptionError: Failure(.invalid, error.message)
    default: Failure(.system, "\(error)")
    }
}
