import Wire

/// The version of this release; include/muster.h and the symbol versions follow it.
package enum ReleaseVersion {
    package static let major: UInt32 = 0
    package static let minor: UInt32 = 1
    package static let patch: UInt32 = 0
    package static let text: StaticString = "0.1.0"
}

extension Message {
    /// Says in an answer what the core does not know: what `muster doctor` compares between members. Nothing else reads
    /// it.
    mutating func addCircumstances() {
        clock = Clock.wallMicroseconds
        release = ReleaseVersion.text.description
    }
}
