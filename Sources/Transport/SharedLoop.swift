import CGuest
package import NIOCore
import NIOPosix

/// The one event loop of the process. All nodes share it: a node costs no thread, and closing one ends none.
///
/// It is made with every signal blocked, so that the host's handlers never run on it, and never shut down:
/// shutting a SwiftNIO loop down would need Dispatch, which leaves threads and descriptors behind.
package enum SharedLoop {
    package static let loop: any EventLoop = {
        var mask = sigset_t()
        guest_block_all_signals(&mask)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        // The thread names itself; what NIO calls it says nothing to a host's operator.
        loop.execute { guest_name_thread("muster-loop") }
        guest_restore_signals(&mask)
        return loop
    }()
}
