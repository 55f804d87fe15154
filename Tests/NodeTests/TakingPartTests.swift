import Options
import Testing

@testable import Node

/// A node that takes part in tasks, on a loopback port of its own.
@Suite struct TakingPartTests {
    /// An offer that another thread was making when the node was closed comes to the event loop after that.
    @Test func nobodyTakesPartInWhatIsClosed() throws {
        var options = Options()
        for (key, text) in [("cluster", "taking-part"), ("bind", "127.0.0.1"), ("multicast", "false")] {
            try options.set(key, text)
        }
        let node = try Node.join(options)
        try node.attempt { (runtime) throws(Failure) in _ = try runtime.takePartInTasks() }
        try node.close()
        let failure = #expect(throws: Failure.self) {
            try node.attempt { (runtime) throws(Failure) in _ = try runtime.takePartInTasks() }
        }
        #expect(failure?.code == .closed)
    }
}
