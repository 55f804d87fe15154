package import NIOCore

/// What a program puts between its console and those who connect: the console itself knows of no TLS.
package protocol ConsoleFront: Sendable {
    /// Listens in the console's stead. For each connection `then` is given one end of a pair of sockets, which bears HTTP as it
    /// is and becomes the console's, as soon as the connection is there: the console counts it and watches its time.
    func listen(at place: SocketAddress, then: @escaping @Sendable (CInt) -> Void) throws -> any Channel
}
