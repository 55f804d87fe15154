/// Where members leave word of themselves, so that others find them: the same store, a table beside the leases.
///
/// What stands there is a hint and no more. No clock is written and none compared: whoever is named may be asked, and
/// membership alone decides who is alive.
package protocol Directory: AnyObject, Sendable {
    /// Removes, announces, and reads all that stands there then, sorted by id and at most
    /// `MemberEntry.mostEntries`. Does not block; answered exactly once, on a thread of the directory, within its
    /// patience. After an error any of it may have happened; all of it may be repeated.
    func exchange(
        _ exchange: MemberExchange,
        completion: @escaping @Sendable (Result<[MemberEntry], StoreError>) -> Void)
}

package struct MemberExchange: Hashable, Sendable {
    /// Takes the place of whatever stands there under its id.
    package var announce: MemberEntry?
    /// Each goes only if it still stands there with this instance and counter.
    package var remove: [MemberEntry]

    package init(announce: MemberEntry? = nil, remove: [MemberEntry] = []) {
        self.announce = announce
        self.remove = remove
    }
}
