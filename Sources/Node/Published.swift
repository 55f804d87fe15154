/// What the event loop tells the threads of the host, under one lock: just enough to wait for.
package struct Published: Sendable {
    /// Members that are alive as far as this node knows, itself included.
    var aliveCount = 1
    var standing = Standing.member
    /// Grows with every change of the view, so that a snapshot that is still true is not taken again.
    var revision: UInt64 = 1
    var snapshot: (revision: UInt64, members: [MemberInfo])?
    var texts = MemberTexts()
    var listText: (revision: UInt64, text: String)?

    package enum Standing: Sendable {
        case member
        case left
        /// Another live instance holds this node's id.
        case refused
        case closed
    }

    /// Throws where the node can answer no more.
    func check() throws(Failure) {
        switch standing {
        case .member: return
        case .refused: throw .refused
        case .left, .closed: throw .closed
        }
    }
}
