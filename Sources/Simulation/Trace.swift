package import Basics

/// Every message and every word of an engine, one line each, with the virtual time: for those who look for a fault.
/// `Timeline` is for people who want to know what happened.
package struct Trace: Sendable {
    package var isOn = false
    package private(set) var lines: [String] = []

    mutating func add(_ now: Instant, _ text: String) { lines.append("\(Trace.clock(now))  \(text)") }

    /// Seconds with six places.
    package static func clock(_ instant: Instant) -> String {
        let microseconds = instant.nanoseconds / 1000
        let fraction = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        let seconds = String(microseconds / 1_000_000)
        return String(repeating: " ", count: max(0, 4 - seconds.count)) + "\(seconds).\(zeros)\(fraction)"
    }
}
