/// How soon the predecessors give up a silent member, in their two numbers: the time between two signs of life, and how
/// long, or how many signs, may be missing.
///
/// Here it is four options: how often a member is asked, how long it is suspected, and how long a process that stands
/// still stays a primary and a member. A process that dies is noticed at once, whatever they say.
struct Detection {
    let pingKey: String
    let timeoutKey: String
    /// The unit of both where they are times; where the second is a count, of the first.
    let unit: Int64
    let isCount: Bool
    /// What the other program does where its file does not say.
    let usualPing: Int64
    let usualTimeout: Int64

    static let all = [
        Detection(
            pingKey: "failover.ping.interval.seconds", timeoutKey: "failover.instance.timeout.seconds",
            unit: 1_000_000_000, isCount: false, usualPing: 3, usualTimeout: 20),
        Detection(
            pingKey: "failover.delay", timeoutKey: "failover.retries",
            unit: 1_000_000, isCount: true, usualPing: 1000, usualTimeout: 5),
        Detection(
            pingKey: "heartBeatInterval", timeoutKey: "heartbeatMaxRetry",
            unit: 1_000_000, isCount: true, usualPing: 5000, usualTimeout: 3),
    ]

    private static let second: Int64 = 1_000_000_000
    /// A probe every 250 ms leaves time for an answer; the options take no more than a minute.
    private static let pings: ClosedRange<Int64> = second / 4...60 * second
    private static let longest: Int64 = 300 * second

    /// The time between two signs of life, as an entry gives it.
    func ping(_ entry: FileEntry) throws(OptionError) -> Int64 {
        let lowest = (Detection.pings.lowerBound + unit - 1) / unit
        return unit * (try number(entry, in: lowest...Detection.pings.upperBound / unit, unitName))
    }

    /// How long they may be missing, or how many, as an entry gives it.
    func missing(_ entry: FileEntry) throws(OptionError) -> Int64 {
        try isCount
            ? number(entry, in: 1...1000, "")
            : number(entry, in: 1...Detection.longest / unit, unitName)
    }

    private var unitName: String { unit == Detection.second ? "seconds" : "milliseconds" }

    /// Both as times; either number may not have been given.
    func times(ping given: Int64?, missing: Int64?) throws(OptionError) -> (ping: Int64?, timeout: Int64) {
        let missing = missing ?? usualTimeout
        // A count counts pings, given or not. A time stands for itself: then our own probes stay as they are.
        let counted = given ?? usualPing * unit
        let time = missing * (isCount ? counted : unit)
        let least = 3 * (given ?? (isCount ? counted : Detection.second / 2))
        guard time >= least else {
            throw OptionError(
                .contradiction,
                "\(quoted(timeoutKey)) (\(isCount ? "\(missing)" : durationText(nanoseconds: time))) is shorter than three pings "
                    + "(\(quoted(pingKey)), \(durationText(nanoseconds: least / 3))): one that is lost must not look like "
                    + "a death; give at least \(isCount ? "3" : "\((least + unit - 1) / unit)")")
        }
        guard time <= Detection.longest else {
            throw OptionError(
                .contradiction,
                "\(quoted(pingKey)) times \(quoted(timeoutKey)) is \(durationText(nanoseconds: time)): at most "
                    + "\(durationText(nanoseconds: Detection.longest)) are possible")
        }
        return (isCount ? counted : given, time)
    }

    /// The options by which a member is given up after so long.
    static func options(ping: Int64?, timeout: Int64) -> [(OptionKey, String)] {
        let time = durationText(nanoseconds: timeout)
        let asked = ping.map { [(OptionKey.probeInterval, durationText(nanoseconds: $0))] } ?? []
        return asked + [
            (.suspicionMin, time), (.suspectMax, durationText(nanoseconds: max(timeout, second))),
            (.failoverUnresponsiveAfter, time),
        ]
    }

    private func number(
        _ entry: FileEntry, in range: ClosedRange<Int64>, _ unitName: String
    ) throws(OptionError) -> Int64 {
        if let number = wholeNumber(trimmed(entry.text)), range.contains(number) { return number }
        let unit = unitName.isEmpty ? "" : " of \(unitName)"
        throw OptionError(
            .badValue,
            "option \(quoted(entry.key)) cannot be \(quoted(entry.text)): must be a whole number\(unit) from "
                + "\(range.lowerBound) to \(range.upperBound)")
    }
}
