/// What serves people beside the node: opened before the node begins, so that what is wrong with it is an error of join.
package protocol Attendant: Sendable {
    /// Where people find it.
    var address: String { get }
    /// On the event loop, before anything happens to the node. Whoever wants to know of its end watches it.
    func begin(_ runtime: Runtime)
    /// The node has not begun, and never will.
    func abandon()
}
