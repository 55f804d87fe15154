@testable import Schedule

private let berlin = Zone(
    name: "Europe/Berlin", base: 3600,
    changes: ZoneRule(Array("CET-1CEST,M3.5.0,M10.5.0/3".utf8)[...])?.changes(1970...2399) ?? [])

/// 2027, in milliseconds.
private let now: Int64 = 1_800_000_000_000

/// The text of a schedule, a cron expression, a zone's name, an occurrence's id.
func fuzzSchedule(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    if let occurrence = Occurrence(id: text) {
        require(occurrence.id == text, "\(text) becomes \(occurrence.id)")
    }
    if let zone = try? ZoneName(text), case .named = zone {
        require(!text.contains("."), "\(text) is a zone")
    }
    do throws(ScheduleError) {
        let spec = try ScheduleSpec(text)
        requireSame(spec, spec.description)
        let started = spec.started(at: now)
        require(started.isStarted && started.started(at: 0) == started, "\(started) is not started")
        requireSame(started, started.description)
        if let schedule = try? Schedule(started, zone: berlin) { requireOrder(schedule) }
    } catch {
        require(error.description.utf8.count < 512, "a long error: \(error)")
        require(
            error.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "an error that steers a terminal")
    }
}

private func requireSame(_ spec: ScheduleSpec, _ text: String) {
    do { require(try ScheduleSpec(text) == spec, "\(text) reads otherwise") } catch {
        require(false, "\(error)")
    }
}

/// Each occurrence follows the last, is found again from any moment before it, and is the latest at its own.
private func requireOrder(_ schedule: Schedule) {
    var moment: Int64 = -1
    for _ in 0..<4 {
        guard let next = schedule.next(after: moment) else { return }
        require(next.moment > moment, "\(schedule.spec): \(next) after \(moment)")
        require(schedule.next(after: next.moment - 1) == next, "\(schedule.spec): \(next) is not found again")
        require(
            schedule.next(after: moment + (next.moment - moment) / 2) == next,
            "\(schedule.spec): \(next) comes sooner"
        )
        require(
            schedule.latest(after: moment, until: next.moment) == next,
            "\(schedule.spec): \(next) is not latest")
        moment = max(next.moment, moment < now ? now : moment)
    }
}

/// A time zone's file.
func fuzzZone(_ input: [UInt8]) {
    guard let zone = try? Zone(name: "fuzz", file: input) else { return }
    let expressions = ["30 2 * * *", "*/7 * * * *", "0 0 30 2 *"].compactMap { try? CronExpression($0) }
    let moments = zone.changes.prefix(8).flatMap { [$0.moment - 1, $0.moment, $0.moment + 1800] }
    for moment in moments + [0, 1_800_000_000, CivilDate.end - 1] {
        let shown = moment + zone.offset(at: moment)
        require(zone.latestShown(until: moment) >= shown, "at \(moment) nothing later than shown was shown")
        let first = zone.firstMoment(showing: shown)
        require(first <= moment, "\(shown) is first shown at \(first), after \(moment)")
        require(first + zone.offset(at: first) >= shown, "at \(first) less than \(shown) is shown")
        for expression in expressions {
            guard let next = expression.next(after: moment, in: zone) else { continue }
            require(next > moment, "\(expression): \(next) after \(moment)")
            require(
                expression.next(after: next - 1, in: zone) == next,
                "\(expression): \(next) is not found again")
        }
    }
}
