import Basics
package import Wire

// The bytes of the mail, in the encoding of `Wire`; docs/protocol.md has the schema.

extension TaskMail {
    /// The most entries of one kind in one mail.
    package static let mostEntries = 512

    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 64)
        func begin(_ kind: Kind, number: UInt64 = 0) {
            writer.number(1, UInt64(kind.rawValue))
            writer.number(2, number)
        }
        switch self {
        case .hello(let weight, let labels, let digest):
            begin(.hello, number: UInt64(weight))
            writer.fixed(3, digest)
            for label in labels { writer.nested(4) { $0.text(1, label) } }
        case .offers(let definitions):
            begin(.offers)
            for definition in definitions { writer.nested(5) { definition.encode(into: &$0) } }
        case .holdings(let holdings):
            begin(.holdings)
            for holding in holdings {
                writer.nested(6) {
                    $0.text(1, holding.name)
                    $0.number(2, holding.token)
                    $0.flag(3, holding.isStopping)
                    if let definition = holding.definition {
                        $0.nested(4) { definition.encode(into: &$0) }
                    }
                }
            }
        case .ready: begin(.ready)
        case .withdraw(let name):
            begin(.withdraw)
            writer.text(7, name)
        case .report(let report):
            begin(.report, number: report.token)
            writer.text(7, report.name)
            writer.number(8, UInt64(report.news.rawValue))
            writer.detail(9, report.detail)
            writer.number(10, UInt64(bitPattern: report.moment))
            writer.number(11, UInt64(report.attempt))
        case .renew(let number): begin(.renew, number: number)
        case .order(let order):
            begin(.order, number: order.id)
            writer.number(8, UInt64(order.verb.rawValue))
            writer.text(7, order.name)
            writer.text(9, order.target)
        case .read(let id, let name):
            begin(.read, number: id)
            writer.text(7, name)
        case .write(let id, let expected, let row):
            begin(.write, number: id)
            if let expected { writer.nested(12) { expected.encode(into: &$0) } }
            writer.nested(13) { row.encode(into: &$0) }
        case .kept(let number): begin(.kept, number: number)
        case .welcome(let epoch, let wantsRows):
            begin(.welcome, number: epoch)
            writer.flag(14, wantsRows)
        case .assign(let definition, let token):
            begin(.assign, number: token)
            writer.nested(5) { definition.encode(into: &$0) }
        case .stop(let name, let token):
            begin(.stop, number: token)
            writer.text(7, name)
        case .renewed(let number): begin(.renewed, number: number)
        case .keep(let number, let rows, let removed):
            begin(.keep, number: number)
            for row in rows { writer.nested(13) { row.encode(into: &$0) } }
            for name in removed { writer.nested(15) { $0.text(1, name) } }
        case .table(let entries, let removed, let isWhole):
            begin(.table)
            for entry in entries { writer.nested(16) { entry.encode(into: &$0) } }
            for name in removed { writer.nested(15) { $0.text(1, name) } }
            writer.flag(14, isWhole)
        case .answer(let id, let answer, let text):
            begin(.answer, number: id)
            writer.number(8, UInt64(answer.rawValue))
            writer.detail(9, text)
        case .found(let id, let row):
            begin(.found, number: id)
            if let row { writer.nested(13) { row.encode(into: &$0) } }
        case .written(let id, let outcome):
            begin(.written, number: id)
            writer.number(8, UInt64(outcome.rawValue))
        case .rows(let rows, let isLast):
            begin(.rows)
            for row in rows { writer.nested(13) { row.encode(into: &$0) } }
            writer.flag(14, isLast)
        }
        return writer.bytes
    }

    /// Reads a mail; nil for a kind that this release does not know.
    package static func decode(_ bytes: ArraySlice<UInt8>) throws(WireError) -> TaskMail? {
        let parts = try Parts(bytes)
        guard let kind = Kind(rawValue: parts.kind) else {
            guard parts.kind != 0 else { throw .missing(field: 1) }
            return nil
        }
        switch kind {
        case .hello:
            guard let weight = UInt32(exactly: parts.number) else { throw .outOfRange(field: 2) }
            return .hello(weight: weight, labels: parts.labels, rowsDigest: parts.digest)
        case .offers: return .offers(parts.definitions)
        case .holdings: return .holdings(parts.holdings)
        case .ready: return .ready
        case .withdraw: return .withdraw(try parts.named())
        case .report:
            guard let news = TaskReport.News(rawValue: parts.code) else { return nil }
            return .report(
                TaskReport(
                    name: try parts.named(), token: parts.number, news, detail: parts.text,
                    moment: parts.moment,
                    attempt: parts.attempt))
        case .renew: return .renew(parts.number)
        case .order:
            guard let verb = TaskOrder.Verb(rawValue: parts.code) else { return nil }
            return .order(TaskOrder(id: parts.number, verb, name: try parts.named(), target: parts.text))
        case .read: return .read(id: parts.number, name: try parts.named())
        case .write:
            guard let row = parts.rows.first else { throw .missing(field: 13) }
            return .write(id: parts.number, expected: parts.stamp, row: row)
        case .kept: return .kept(parts.number)
        case .welcome: return .welcome(epoch: parts.number, wantsRows: parts.flag)
        case .assign:
            guard let definition = parts.definitions.first else { throw .missing(field: 5) }
            return .assign(definition, token: parts.number)
        case .stop: return .stop(name: try parts.named(), token: parts.number)
        case .renewed: return .renewed(parts.number)
        case .keep: return .keep(number: parts.number, rows: parts.rows, removed: parts.removed)
        case .table: return .table(parts.statuses, removed: parts.removed, isWhole: parts.flag)
        case .answer:
            return .answer(
                id: parts.number, TaskAnswer(rawValue: parts.code) ?? .tryAgain, text: parts.text)
        case .found: return .found(id: parts.number, row: parts.rows.first)
        case .written:
            return .written(id: parts.number, TaskWrite(rawValue: parts.code) ?? .unknown)
        case .rows: return .rows(parts.rows, isLast: parts.flag)
        }
    }

    private enum Kind: UInt8 {
        case hello = 1
        case offers = 2
        case holdings = 3
        case ready = 4
        case withdraw = 5
        case report = 6
        case renew = 7
        case order = 8
        case read = 9
        case write = 10
        case kept = 11
        case welcome = 16
        case assign = 17
        case stop = 18
        case renewed = 19
        case keep = 20
        case table = 21
        case answer = 22
        case found = 23
        case written = 24
        case rows = 32
    }

    /// All that any mail may hold.
    private struct Parts {
        var kind: UInt8 = 0
        var number: UInt64 = 0
        var digest: UInt64 = 0
        var labels: [String] = []
        var definitions: [TaskDefinition] = []
        var holdings: [TaskHolding] = []
        var name: String?
        var code: UInt8 = 0
        var text = ""
        var moment: Int64 = 0
        var attempt: UInt32 = 0
        var stamp: RowStamp?
        var rows: [TaskRow] = []
        var flag = false
        var removed: [String] = []
        var statuses: [TaskStatus] = []
        private var entries = 0

        init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
            var reader = Reader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: kind = try field.integer(as: UInt8.self)
                case 2: number = try field.integer()
                case 3: digest = try field.integer()
                case 4:
                    guard labels.count < Placement.mostLabels else { throw .tooMany(field: 4) }
                    labels.append(try field.only().word(longest: Placement.longestLabel))
                case 5: definitions.append(try TaskDefinition(decoding: try entry(field)))
                case 6: holdings.append(try TaskHolding(decoding: try entry(field)))
                case 7: name = try field.word(longest: TaskDefinition.longestName)
                case 8: code = try field.integer(as: UInt8.self)
                case 9: text = try field.text(longest: TaskReport.longestDetail)
                case 10: moment = Int64(bitPattern: try field.integer())
                case 11: attempt = try field.integer(as: UInt32.self)
                case 12: stamp = try RowStamp(decoding: try field.bytes())
                case 13: rows.append(try TaskRow(decoding: try entry(field)))
                case 14: flag = try field.integer() != 0
                case 15:
                    var inner = Reader(try entry(field))
                    while let part = try inner.next() {
                        removed.append(try part.word(longest: TaskDefinition.longestName))
                    }
                case 16: statuses.append(try TaskStatus(decoding: try entry(field)))
                default: break
                }
            }
        }

        func named() throws(WireError) -> String {
            guard let name else { throw .missing(field: 7) }
            return name
        }

        private mutating func entry(_ field: Field) throws(WireError) -> ArraySlice<UInt8> {
            entries += 1
            guard entries <= TaskMail.mostEntries else { throw .tooMany(field: field.number) }
            return try field.bytes()
        }
    }
}

extension Writer {
    /// What a host or a coordinator says at length is shortened: nobody would read the mail otherwise.
    fileprivate mutating func detail(_ field: UInt32, _ value: String) {
        var count = 0
        let end = value.unicodeScalars.firstIndex { scalar in
            count += UTF8.width(scalar)
            return count > TaskReport.longestDetail
        }
        text(field, String(value[..<(end ?? value.endIndex)]))
    }
}

extension Field {
    /// A name, as people and stores are shown it.
    fileprivate func word(longest: Int) throws(WireError) -> String {
        let text = try text(longest: longest)
        guard Name.isValid(text, longest: longest) else { throw .outOfRange(field: number) }
        return text
    }

    /// The one field inside a nested message.
    fileprivate func only() throws(WireError) -> Field {
        var reader = Reader(try bytes())
        guard let field = try reader.next() else { throw .missing(field: number) }
        return field
    }

    fileprivate func span(atMost most: Interval) throws(WireError) -> Interval {
        let milliseconds = try integer()
        guard milliseconds <= UInt64(clamping: most.milliseconds) else { throw .outOfRange(field: number) }
        return .milliseconds(Int64(clamping: milliseconds))
    }
}

extension RowStamp {
    fileprivate func encode(into writer: inout Writer) {
        writer.number(1, version)
        writer.fixed(2, nonce.high)
        writer.fixed(3, nonce.low)
    }

    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(version: 0, nonce: Nonce(high: 0, low: 0))
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: version = try field.integer()
            case 2: nonce.high = try field.integer()
            case 3: nonce.low = try field.integer()
            default: break
            }
        }
        guard version > 0 else { throw .missing(field: 1) }
    }
}

extension TaskHolding {
    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(name: "", token: 0)
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.word(longest: TaskDefinition.longestName)
            case 2: token = try field.integer()
            case 3: isStopping = try field.integer() != 0
            case 4: definition = try TaskDefinition(decoding: try field.bytes())
            default: break
            }
        }
        guard !name.isEmpty else { throw .missing(field: 1) }
        guard definition == nil || definition?.name == name else { throw .outOfRange(field: 4) }
    }
}

extension TaskDefinition {
    fileprivate func encode(into writer: inout Writer) {
        writer.text(1, name)
        writer.number(2, UInt64(kind.rawValue))
        writer.text(3, schedule)
        writer.number(4, UInt64(delivery.rawValue))
        writer.number(5, UInt64(attempts))
        writer.number(6, UInt64(clamping: grace.milliseconds))
        writer.number(7, UInt64(clamping: stopTimeout.milliseconds))
        writer.number(8, UInt64(clamping: offeredAt))
        for label in placement.requires { writer.nested(9) { $0.text(1, label) } }
        for label in placement.prefers { writer.nested(10) { $0.text(1, label) } }
        writer.text(11, placement.apart)
        writer.text(12, placement.together)
        writer.number(13, UInt64(placement.weight))
    }

    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(name: "", kind: .task)
        attempts = 0
        placement.weight = 0
        grace = .zero
        stopTimeout = .zero
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.word(longest: Self.longestName)
            case 2:
                guard let known = Kind(rawValue: try field.integer(as: UInt8.self)) else {
                    throw .outOfRange(field: 2)
                }
                kind = known
            case 3: schedule = try field.text(longest: Self.longestSchedule)
            case 4:
                guard let known = Delivery(rawValue: try field.integer(as: UInt8.self)) else {
                    throw .outOfRange(field: 4)
                }
                delivery = known
            case 5: attempts = try field.integer(as: UInt32.self)
            case 6: grace = try field.span(atMost: Self.longestGrace)
            case 7: stopTimeout = try field.span(atMost: Self.longestStop)
            case 8: offeredAt = try field.integer(as: Int64.self)
            case 9: try Self.add(field, to: &placement.requires)
            case 10: try Self.add(field, to: &placement.prefers)
            case 11: placement.apart = try field.word(longest: Placement.longestLabel)
            case 12: placement.together = try field.word(longest: Placement.longestLabel)
            case 13: placement.weight = try field.integer(as: UInt32.self)
            default: break
            }
        }
        guard !name.isEmpty else { throw .missing(field: 1) }
        guard (1...Self.mostAttempts).contains(attempts) else { throw .outOfRange(field: 5) }
        guard (1...Placement.heaviest).contains(placement.weight) else { throw .outOfRange(field: 13) }
    }

    private static func add(_ field: Field, to labels: inout [String]) throws(WireError) {
        guard labels.count < Placement.mostLabels else { throw .tooMany(field: field.number) }
        labels.append(try field.only().word(longest: Placement.longestLabel))
    }
}

extension TaskRow {
    /// The row as bytes, for stores.
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 128)
        encode(into: &writer)
        return writer.bytes
    }

    fileprivate func encode(into writer: inout Writer) {
        writer.nested(1) { stamp.encode(into: &$0) }
        writer.nested(2) { definition.encode(into: &$0) }
        writer.text(3, started)
        writer.flag(4, isPaused)
        writer.flag(5, isCompleted)
        writer.number(6, UInt64(clamping: handled))
        writer.flag(8, isForgotten)
        writer.number(9, epoch)
        guard let run else { return }
        writer.nested(7) {
            $0.number(1, UInt64(clamping: run.moment))
            $0.fixed(2, run.schedule)
            $0.number(3, UInt64(run.attempt))
            $0.number(4, UInt64(run.status.rawValue))
            $0.text(5, run.node)
            $0.fixed(6, run.instance)
            $0.number(7, run.token)
        }
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        guard bytes.count <= Self.longest else { throw .tooLong }
        var stamp: RowStamp?
        var definition: TaskDefinition?
        var row = TaskRow(
            stamp: RowStamp(version: 0, nonce: Nonce(high: 0, low: 0)),
            definition: TaskDefinition(name: "", kind: .task))
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: stamp = try RowStamp(decoding: try field.bytes())
            case 2: definition = try TaskDefinition(decoding: try field.bytes())
            case 3: row.started = try field.text(longest: TaskDefinition.longestSchedule)
            case 4: row.isPaused = try field.integer() != 0
            case 5: row.isCompleted = try field.integer() != 0
            case 6: row.handled = try field.integer(as: Int64.self)
            case 7: row.run = try TaskRun(decoding: try field.bytes())
            case 8: row.isForgotten = try field.integer() != 0
            case 9: row.epoch = try field.integer()
            default: break
            }
        }
        guard let stamp else { throw .missing(field: 1) }
        guard let definition else { throw .missing(field: 2) }
        row.stamp = stamp
        row.definition = definition
        self = row
    }
}

extension TaskRun {
    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(moment: 0, schedule: 0, attempt: 0, status: .begun, node: "", instance: 0, token: 0)
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: moment = try field.integer(as: Int64.self)
            case 2: schedule = try field.integer()
            case 3: attempt = try field.integer(as: UInt32.self)
            case 4:
                guard let known = Status(rawValue: try field.integer(as: UInt8.self)) else {
                    throw .outOfRange(field: 4)
                }
                status = known
            case 5: node = try field.word(longest: Identity.longestId)
            case 6: instance = try field.integer()
            case 7: token = try field.integer()
            default: break
            }
        }
        guard attempt > 0 else { throw .missing(field: 3) }
    }
}

extension TaskStatus {
    fileprivate func encode(into writer: inout Writer) {
        writer.text(1, name)
        writer.number(2, UInt64(kind.rawValue))
        writer.number(3, UInt64(state.rawValue))
        writer.text(4, owner)
        writer.number(5, token)
        writer.text(6, schedule)
        writer.number(7, UInt64(offers))
        writer.detail(8, detail)
    }

    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init(name: "", kind: .task, state: .offered)
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.word(longest: TaskDefinition.longestName)
            case 2: kind = TaskDefinition.Kind(rawValue: try field.integer(as: UInt8.self)) ?? .task
            case 3: state = State(rawValue: try field.integer(as: UInt8.self)) ?? .offered
            case 4: owner = try field.word(longest: Identity.longestId)
            case 5: token = try field.integer()
            case 6: schedule = try field.text(longest: TaskDefinition.longestSchedule)
            case 7: offers = try field.integer(as: UInt32.self)
            case 8: detail = try field.text(longest: TaskReport.longestDetail)
            default: break
            }
        }
        guard !name.isEmpty else { throw .missing(field: 1) }
    }
}
