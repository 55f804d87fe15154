import Basics
import Schedule
import Testing

@testable import Tasks

/// What a host may say of a task, and what it hears where that is wrong.
@Suite struct SpecTests {
    private func spec(
        _ options: String, kind: TaskDefinition.Kind = .job, name: String = "a", schedule: String = "every 5s"
    ) throws(ScheduleError) -> TaskSpec {
        try TaskSpec(name: name, kind: kind, schedule: schedule, options: options, offeredAt: 7)
    }

    @Test func whatIsNotSaidHasItsDefault() throws {
        let found = try spec("", kind: .task)
        #expect(found.definition == TaskDefinition(name: "a", kind: .task, offeredAt: 7))
        #expect(found.isSingleton && found.schedule == nil)
        #expect(found.definition.stopTimeout == .seconds(20))
        #expect(found.definition.placement == Placement(weight: 1))
        let job = try spec("").definition
        #expect(job.delivery == .atLeastOnce && job.attempts == 3 && job.grace == .seconds(10))
        #expect(job.schedule == "every 5s")
    }

    @Test func everyWordIsHeeded() throws {
        let found = try spec(
            "requires=gpu prefers=ssd apart=x together=y weight=1000 stop_timeout=1h singleton=false "
                + "delivery=at_most_once attempts=1000 grace=24h")
        let definition = found.definition
        #expect(
            definition.placement
                == Placement(requires: ["gpu"], prefers: ["ssd"], apart: "x", together: "y", weight: 1000))
        #expect(definition.stopTimeout == .seconds(3600) && definition.grace == .seconds(86_400))
        #expect(definition.delivery == .atMostOnce && definition.attempts == 1000 && !found.isSingleton)
        let least = try spec(
            "weight=1 attempts=1 stop_timeout=0ms grace=0ms singleton=true delivery=at_least_once")
        #expect(least.definition.stopTimeout == .zero && least.definition.grace == .zero && least.isSingleton)
        #expect(least.definition.attempts == 1 && least.definition.delivery == .atLeastOnce)
    }

    @Test func blanksOfAnyKindStandBetweenWords() throws {
        #expect(try spec("  weight=2\t\n attempts=4  ").definition.placement.weight == 2)
    }

    @Test func labelsAreSortedAndSaidOnce() throws {
        let placement = try spec("requires=b,a,b prefers=d,c").definition.placement
        #expect(placement.requires == ["a", "b"] && placement.prefers == ["c", "d"])
        let most = (10..<26).map(String.init).joined(separator: ",")
        #expect(try spec("requires=\(most)").definition.placement.requires.count == 16)
    }

    /// Which part is at fault, and a word of what is allowed.
    @Test(arguments: [
        ("weight=0", "weight", "1 to 1000"), ("weight=1001", "weight", "1 to 1000"),
        ("weight=+1", "weight", "1 to 1000"), ("weight=1.5", "weight", "1 to 1000"),
        ("weight=", "weight", "1 to 1000"), ("weight=99999999999", "weight", "1 to 1000"),
        ("attempts=0", "attempts", "1 to 1000"), ("attempts=1001", "attempts", "1 to 1000"),
        ("attempts=-1", "attempts", "1 to 1000"), ("stop_timeout=3601s", "stop_timeout", "1h"),
        ("stop_timeout=-1s", "stop_timeout", ""), ("stop_timeout=soon", "stop_timeout", ""),
        ("grace=86401s", "grace", "at the most"), ("grace=", "grace", ""),
        ("singleton=yes", "singleton", "true or false"), ("singleton=", "singleton", "true or false"),
        ("delivery=exactly_once", "delivery", "at_least_once or at_most_once"),
        ("requires=", "requires", "1 to 64 bytes"), ("requires=a,,b", "requires", "1 to 64 bytes"),
        ("prefers=a,", "prefers", "1 to 64 bytes"), ("apart=", "apart", "1 to 64 bytes"),
        ("together=\u{7f}", "together", "1 to 64 bytes"),
        ("requires=" + (1...17).map(String.init).joined(separator: ","), "requires", "16 labels"),
        ("weight=2 weight=2", "weight", "twice"), ("weight", "options", "weight=2"),
        ("=2", "options", "requires"),
        ("colour=red", "options", "requires, prefers, apart, together, weight"),
        ("Weight=2", "options", "requires"),
    ])
    func whatIsWrongIsNamedWithWhatIsAllowed(_ options: String, _ part: String, _ allowed: String) {
        let error = #expect(throws: ScheduleError.self) { try spec(options) }
        #expect(error?.part == part)
        #expect(error?.problem.contains(allowed) == true || allowed.isEmpty, "\(error?.problem ?? "")")
        #expect(error?.problem.isEmpty == false)
    }

    @Test func aWordOf64BytesIsTheLongest() throws {
        let longest = MailSamples.word(64)
        #expect(try spec("apart=\(longest)").definition.placement.apart == longest)
        #expect(throws: ScheduleError.self) { try spec("apart=\(longest)w") }
        #expect(throws: ScheduleError.self) { try spec("requires=\(longest)w") }
    }

    @Test(arguments: ["delivery=at_most_once", "attempts=2", "grace=1s"])
    func whatIsForJobsIsRefusedOthers(_ options: String) {
        for kind in [TaskDefinition.Kind.task, .daemon] {
            let error = #expect(throws: ScheduleError.self) { try spec(options, kind: kind) }
            #expect(error?.part == String(options.prefix { $0 != "=" }))
            #expect(error?.problem == "it is for jobs only")
        }
        #expect(throws: Never.self) { try spec(options, kind: .job) }
    }

    @Test(arguments: ["", MailSamples.word(65), "a\nb", "e\u{301}", String(repeating: "ä", count: 33)])
    func aNameHas64BytesOfPlainText(_ name: String) {
        #expect(throws: ScheduleError.self) { try spec("", name: name) }
        do { _ = try spec("", name: name) } catch {
            #expect(error.part == "name" && error.problem.contains("1 to 64 bytes"))
        }
    }

    @Test func theLongestNameIsTaken() throws {
        let name = String(repeating: "ä", count: 32)
        #expect(try spec("", name: name).definition.name == name)
    }

    @Test func optionsAreNoLongerThanTheyMayBe() throws {
        let full = "weight=2" + String(repeating: " ", count: TaskSpec.longest - 8)
        #expect(try spec(full).definition.placement.weight == 2)
        let error = #expect(throws: ScheduleError.self) { try spec(full + " ") }
        #expect(error?.part == "options" && error?.problem.contains("2048") == true)
    }

    @Test func aWrongScheduleIsOfTheJobOnly() throws {
        let error = #expect(throws: ScheduleError.self) { try spec("", schedule: "99 * * * *") }
        #expect(error?.part == "minute")
        #expect(try spec("", kind: .daemon, schedule: "99 * * * *").definition.schedule.isEmpty)
    }

    @Test func aScheduleIsKeptAsEverybodyReadsIt() throws {
        let found = try spec("", schedule: "  every   60s   misfire=skip ")
        #expect(found.definition.schedule == found.schedule?.description)
        #expect(try ScheduleSpec(found.definition.schedule) == found.schedule)
    }

    @Test func aClockBefore1970CountsAs1970() throws {
        let found = try TaskSpec(name: "a", kind: .task, schedule: "", options: "", offeredAt: -5)
        #expect(found.definition.offeredAt == 0)
    }
}
