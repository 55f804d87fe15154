package import Basics

/// Whether a secret is the one that the will in a row was made of. The core knows no hash of its own.
///
/// A holder with a guardian writes the will into its row. The secret is known to its own process and to the guardian,
/// which shows it when the kernel has said that the process is dead: so whoever shows it proves the death.
package typealias WillCheck = @Sendable (_ secret: Nonce, _ will: Nonce) -> Bool

extension LeaseRow {
    /// Whether this start of this node holds the lease, and left this secret.
    package func isProvenDead(_ one: LeaseCandidate, by secret: Nonce, _ isOpened: WillCheck) -> Bool {
        guard let will, holder == one.id, instance == one.instance else { return false }
        return isOpened(secret, will)
    }
}
