import Testing

@testable import Schedule

/// `next` against a clock that is watched step by step.
@Suite("The search against a clock watched step by step")
struct CronOracleTests {
    /// A stretch of time in one zone: what its clock shows at every step.
    struct Watch {
        let zone: Zone
        let start: Int
        let step: Int
        let shown: [Int]
        let days: [Matcher.Day]
        /// Where in `shown` another day begins.
        let midnights: [Int]

        init(_ zone: Zone, year: Int, from start: Int, until end: Int, step: Int) {
            self.zone = zone
            self.start = start
            self.step = step
            let shown = stride(from: start, to: end, by: step).map { $0 + zone.offset(at: $0) }
            self.shown = shown
            // Clocks differ from UTC by less than two days.
            let around = (start / 86_400 - 2)...(end / 86_400 + 2)
            days = Matcher.days(from: year - 1, through: year + 1).filter { around.contains($0.number) }
            midnights =
                shown.indices.filter { $0 == 0 || shown[$0] / 86_400 != shown[$0 - 1] / 86_400 } + [
                    shown.count
                ]
        }

        /// The moments at which a job runs.
        func runs(_ matcher: Matcher) -> [Int] {
            let named = Set(days.lazy.filter(matcher.names).map(\.number))
            let hours = (0..<24).map(matcher.names(hour:))
            let minutes = (0..<60).map(matcher.names(minute:))
            let seconds = (0..<60).map(matcher.names(second:))
            let times = (0..<86_400 / step).map {
                hours[$0 * step / 3600] && minutes[$0 * step / 60 % 60] && seconds[$0 * step % 60]
            }
            func isNamed(_ time: Int) -> Bool { times[time % 86_400 / step] && named.contains(time / 86_400) }

            var runs: [Int] = []
            let isWild = matcher.hourIsWild
            var latest = start - step + zone.offset(at: start - step)
            for (begin, end) in zip(midnights, midnights.dropFirst()) {
                // A day that is not named, with no gap or overlap in it or before it, needs no looking at.
                let isSteady =
                    shown[begin] == latest + step && shown[end - 1] == latest + (end - begin) * step
                if isSteady, !named.contains(shown[begin] / 86_400) {
                    latest = shown[end - 1]
                    continue
                }
                for index in begin..<end {
                    let time = shown[index]
                    if time == latest + step || isWild {
                        if isNamed(time) { runs.append(start + index * step) }
                    } else if time > latest,
                        stride(from: latest + step, through: time, by: step).contains(where: isNamed)
                    {
                        // After a gap: all that were skipped.
                        runs.append(start + index * step)
                    }
                    latest = isWild ? time : max(latest, time)
                }
            }
            return runs
        }

        private func first(of runs: [Int], after moment: Int) -> Int? {
            var (low, high) = (0, runs.count)
            while low < high {
                let middle = (low + high) / 2
                if runs[middle] > moment { high = middle } else { low = middle + 1 }
            }
            return low < runs.count ? runs[low] : nil
        }

        /// What differs, or nil.
        func complaint(_ text: String, _ maker: inout CronMaker) throws -> String? {
            let expression = try CronExpression(text)
            let runs = runs(Matcher(text))
            var moment = start - 1
            for run in runs.prefix(500) {
                let next = expression.next(after: moment, in: zone)
                guard next == run else {
                    return
                        "\(text) in \(zone.name) after \(ScheduleTime.utc(Int64(moment) * 1000)): \(utcText(next)), not \(utcText(run))"
                }
                moment = run
            }
            let end = start + self.shown.count * step
            for _ in 0..<20 {
                let moment = start + maker.below(self.shown.count * step)
                let expected = first(of: runs, after: moment)
                let next = expression.next(after: moment, in: zone).flatMap { $0 < end ? $0 : nil }
                guard next == expected else {
                    return
                        "\(text) in \(zone.name) after \(ScheduleTime.utc(Int64(moment) * 1000)): \(utcText(next)), not \(utcText(expected))"
                }
            }
            return nil
        }
    }

    @Test(
        "a year, minute by minute",
        arguments: [
            ("Europe/Berlin", 2026), ("America/New_York", 2026), ("Australia/Lord_Howe", 2026),
            ("Pacific/Apia", 2011),
            ("Africa/Casablanca", 2026), ("America/Havana", 2026), ("Europe/Dublin", 2026),
        ])
    func minutes(name: String, year: Int) throws {
        let zone = try sampleZone(name)
        let watch = Watch(
            zone, year: year, from: try at("\(year)-01-01T00:00:00Z"),
            until: try at("\(year + 1)-01-01T00:00:00Z"),
            step: 60)
        var maker = CronMaker(seed: UInt64(year) &+ UInt64(name.utf8.count))
        for round in 0..<30 {
            let text = maker.expression(fields: 5 + round % 3, second: "0")
            #expect(try watch.complaint(text, &maker) == nil)
        }
    }

    @Test(
        "three days around a change, second by second",
        arguments: [
            ("Europe/Berlin", "2026-03-28T00:00:00Z"), ("Europe/Berlin", "2026-10-24T00:00:00Z"),
            ("America/New_York", "2026-11-01T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
        ])
    func seconds(name: String, start: String) throws {
        let zone = try sampleZone(name)
        let watch = Watch(zone, year: 2026, from: try at(start), until: try at(start) + 3 * 86_400, step: 1)
        var maker = CronMaker(seed: 77)
        for _ in 0..<10 {
            // Every day, so that something happens.
            let columns = maker.expression(fields: 6).split(separator: " ").prefix(3).joined(separator: " ")
            #expect(try watch.complaint(columns + " * * ?", &maker) == nil)
        }
    }
}
