import Basics
import Testing
import Wire

@testable import Tasks

@Suite struct MailTests {
    @Test(arguments: MailSamples.all)
    func itIsReadAsItWasWritten(_ mail: TaskMail) throws {
        #expect(try TaskMail.decode(mail.encoded()[...]) == mail)
    }

    @Test func anUnknownKindIsPassedOver() throws {
        #expect(try TaskMail.decode([8, 99]) == nil)
        #expect(throws: WireError.missing(field: 1)) { try TaskMail.decode([]) }
    }

    /// Whatever the bytes, the result is an error, nothing, or a mail within its limits that is written as it was read.
    @Test func changedBytesEndInAMailWithinItsLimitsOrInAnError() throws {
        var generator = SeededGenerator(seed: 20)
        var read = 0
        for mail in MailSamples.all {
            let bytes = mail.encoded()
            for _ in 0..<600 {
                var changed = bytes
                switch generator.below(4) {
                case 0: changed.removeLast(generator.below(changed.count) + 1)
                case 1: changed.insert(UInt8(generator.below(256)), at: generator.below(changed.count + 1))
                case 2: changed.remove(at: generator.below(changed.count))
                default:
                    for _ in 0...generator.below(3) {
                        changed[generator.below(changed.count)] = UInt8(generator.below(256))
                    }
                }
                guard let found = try? TaskMail.decode(changed[...]) else { continue }
                read += 1
                requireLimits(found)
                #expect(try TaskMail.decode(found.encoded()[...]) == found)
            }
        }
        // Otherwise nothing was looked at.
        #expect(read > 1000)
    }

    @Test func aCutMailIsAnErrorOrLess() throws {
        for mail in MailSamples.all {
            let bytes = mail.encoded()
            for end in 0..<bytes.count {
                if let found = try? TaskMail.decode(bytes[..<end]) { requireLimits(found) }
            }
        }
    }

    private static let outOfRange: [(TaskMail, UInt32)] = [
        (.withdraw(MailSamples.word(65)), 7), (.withdraw("a\nb"), 7),
        (.hello(weight: 1, labels: [MailSamples.word(65)], rowsDigest: 0), 1),
        (.hello(weight: 1, labels: ["a\u{1b}"], rowsDigest: 0), 1),
        (.offers([bent { $0.attempts = 0 }]), 5), (.offers([bent { $0.attempts = 1001 }]), 5),
        (.offers([bent { $0.grace = .seconds(86_401) }]), 6),
        (.offers([bent { $0.stopTimeout = .seconds(3601) }]), 7),
        (.offers([bent { $0.placement.weight = 0 }]), 13),
        (.offers([bent { $0.placement.weight = 1001 }]), 13),
        (.offers([bent { $0.schedule = MailSamples.word(513) }]), 3),
        (.offers([bent { $0.placement.apart = MailSamples.word(65) }]), 11),
        (.found(id: 1, row: bentRow { $0.started = MailSamples.word(513) }), 3),
        (.found(id: 1, row: bentRow { $0.run?.node = MailSamples.word(65) }), 5),
    ]

    @Test(arguments: MailTests.outOfRange)
    func whatIsOutOfItsRangeIsNamed(_ mail: TaskMail, _ field: UInt32) {
        #expect(throws: WireError.outOfRange(field: field)) { try TaskMail.decode(mail.encoded()[...]) }
    }

    @Test func whatMustBeThereIsMissed() {
        let cases: [(TaskMail, UInt32)] = [
            (.withdraw(""), 7), (.stop(name: "", token: 1), 7), (.offers([Self.bent { $0.name = "" }]), 1),
            (.found(id: 1, row: Self.bentRow { $0.stamp.version = 0 }), 1),
            (.found(id: 1, row: Self.bentRow { $0.run?.attempt = 0 }), 3),
        ]
        for (mail, field) in cases {
            #expect(throws: WireError.missing(field: field)) { try TaskMail.decode(mail.encoded()[...]) }
        }
    }

    @Test func oneMailHoldsSoManyEntries() throws {
        func holdings(_ count: Int) -> TaskMail {
            .holdings((0..<count).map { TaskHolding(name: "t\($0)", token: 1) })
        }
        let most = holdings(TaskMail.mostEntries)
        #expect(try TaskMail.decode(most.encoded()[...]) == most)
        #expect(throws: WireError.tooMany(field: 6)) {
            try TaskMail.decode(holdings(TaskMail.mostEntries + 1).encoded()[...])
        }
        let labels = MailSamples.labels(3) + ["z"]
        #expect(throws: WireError.tooMany(field: 4)) {
            try TaskMail.decode(TaskMail.hello(weight: 1, labels: labels, rowsDigest: 0).encoded()[...])
        }
        #expect(throws: WireError.tooMany(field: 9)) {
            try TaskMail.decode(
                TaskMail.offers([Self.bent { $0.placement.requires = labels }]).encoded()[...])
        }
    }

    /// What is said in full mails must pass through a message.
    @Test func fullMailsFitAMessage() {
        let rows = [TaskRow](repeating: MailSamples.longestRow, count: TaskMail.rowsInOne)
        let offers = [TaskDefinition](repeating: MailSamples.full, count: TaskMail.offersInOne)
        let entries = [TaskStatus](
            repeating: TaskStatus(
                name: MailSamples.word(64), kind: .job, state: .running, owner: MailSamples.word(64),
                token: .max, schedule: MailSamples.word(512), offers: .max, detail: MailSamples.word(256)),
            count: TaskMail.mostEntries)
        for mail in [
            TaskMail.keep(number: .max, rows: rows, removed: []), .rows(rows, isLast: true), .offers(offers),
            .table(entries, removed: [], isWhole: true),
            .holdings(
                offers.map { TaskHolding(name: $0.name, token: .max, isStopping: true, definition: $0) }),
        ] {
            #expect(mail.encoded().count <= Message.mostTaskBytes)
        }
    }

    /// A host may say more than a mail holds; what is left is still text.
    @Test func aLongDetailIsShortened() throws {
        let long = MailSamples.word(255) + "ä and more"
        let report = TaskReport(name: "a", token: 1, .failed, detail: long)
        let found = try TaskMail.decode(TaskMail.report(report).encoded()[...])
        guard case .report(let read)? = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(read.detail == MailSamples.word(255))
        let answer = TaskMail.answer(id: 1, .noJob, text: long)
        #expect(
            try TaskMail.decode(answer.encoded()[...])
                == .answer(id: 1, .noJob, text: MailSamples.word(255)))
        let status = TaskStatus(name: "a", kind: .task, state: .offered, detail: long)
        #expect(
            try TaskMail.decode(TaskMail.table([status], removed: [], isWhole: false).encoded()[...]) != nil)
    }

    private static func bent(_ change: (inout TaskDefinition) -> Void) -> TaskDefinition {
        var definition = MailSamples.full
        change(&definition)
        return definition
    }

    private static func bentRow(_ change: (inout TaskRow) -> Void) -> TaskRow {
        var row = MailSamples.longestRow
        change(&row)
        return row
    }

    private func requireLimits(_ mail: TaskMail) {
        switch mail {
        case .hello(_, let labels, _): requireLabels(labels)
        case .offers(let definitions):
            #expect(definitions.count <= TaskMail.mostEntries)
            definitions.forEach(requireLimits)
        case .assign(let definition, _): requireLimits(definition)
        case .holdings(let holdings):
            for holding in holdings {
                requireName(holding.name)
                holding.definition.map(requireLimits)
            }
        case .withdraw(let name), .stop(let name, _), .read(_, let name): requireName(name)
        case .report(let report):
            requireName(report.name)
            #expect(report.detail.utf8.count <= TaskReport.longestDetail)
        case .order(let order): requireName(order.name)
        case .write(_, _, let row): requireLimits(row)
        case .found(_, let row): row.map(requireLimits)
        case .keep(_, let rows, let removed):
            rows.forEach(requireLimits)
            removed.forEach(requireName)
        case .rows(let rows, _): rows.forEach(requireLimits)
        case .table(let entries, let removed, _):
            for entry in entries {
                requireName(entry.name)
                #expect(entry.schedule.utf8.count <= TaskDefinition.longestSchedule)
                #expect(entry.detail.utf8.count <= TaskReport.longestDetail)
            }
            removed.forEach(requireName)
        case .answer(_, _, let text): #expect(text.utf8.count <= TaskReport.longestDetail)
        case .ready, .renew, .kept, .welcome, .renewed, .written: break
        }
    }

    private func requireLimits(_ row: TaskRow) {
        requireLimits(row.definition)
        #expect(row.stamp.version > 0)
        #expect(row.started.utf8.count <= TaskDefinition.longestSchedule)
        #expect(row.handled >= 0)
        guard let run = row.run else { return }
        #expect(run.attempt > 0 && run.moment >= 0)
        #expect(run.node.utf8.count <= Identity.longestId)
    }

    private func requireLimits(_ definition: TaskDefinition) {
        requireName(definition.name)
        #expect(definition.schedule.utf8.count <= TaskDefinition.longestSchedule)
        #expect((1...TaskDefinition.mostAttempts).contains(definition.attempts))
        #expect((1...Placement.heaviest).contains(definition.placement.weight))
        #expect(definition.grace >= .zero && definition.grace <= TaskDefinition.longestGrace)
        #expect(definition.stopTimeout >= .zero && definition.stopTimeout <= TaskDefinition.longestStop)
        #expect(definition.offeredAt >= 0)
        requireLabels(definition.placement.requires)
        requireLabels(definition.placement.prefers)
    }

    private func requireName(_ name: String) {
        #expect(Name.isValid(name, longest: TaskDefinition.longestName))
    }

    private func requireLabels(_ labels: [String]) {
        #expect(labels.count <= Placement.mostLabels)
        #expect(labels.allSatisfy { Name.isValid($0, longest: Placement.longestLabel) })
    }
}
