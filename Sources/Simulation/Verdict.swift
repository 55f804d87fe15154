package import Basics
import Engine
package import Membership

/// What one member called another, where experiments count it.
package struct Verdict: Sendable {
    package var at: Instant
    package var observer: Int
    package var subject: Int
    package var kind: MemberEvent.Kind
}
