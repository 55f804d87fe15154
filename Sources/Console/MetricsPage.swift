import Node

/// The text of metrics, as it grows.
struct MetricsPage {
    enum Kind: String {
        case gauge, counter, summary, info

        /// What a sample's name ends in.
        var suffix: String {
            switch self {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .summary: ""
            }
        }
    }

    private let isOpenMetrics: Bool
    private var text = ""

    init(isOpenMetrics: Bool) { self.isOpenMetrics = isOpenMetrics }

    var finished: [UInt8] { Array((isOpenMetrics ? text + "# EOF\n" : text).utf8) }

    /// In the older format the family is called as its samples are, and there is no `info`.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        let shown = isOpenMetrics ? name : name + kind.suffix
        let type = isOpenMetrics || kind != .info ? kind : .gauge
        text += "# HELP \(shown) \(help)\n# TYPE \(shown) \(type.rawValue)\n"
    }

    mutating func sample(
        _ name: String, _ labels: [(key: String, value: String)], _ value: Int64, decimals: Int = 0
    ) {
        text += name
        if !labels.isEmpty {
            text += "{"
            for (index, label) in labels.enumerated() {
                text += (index > 0 ? "," : "") + label.key + "=\"" + Self.escaped(label.value) + "\""
            }
            text += "}"
        }
        text += " " + Self.decimal(value, decimals) + "\n"
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Json?) {
        guard let number = value?.number else { return }
        family(name, .gauge, help)
        sample(name, [], number)
    }

    mutating func gauge(_ name: String, _ help: String, thousandths value: Json?) {
        guard let number = value?.number else { return }
        family(name, .gauge, help)
        sample(name, [], number, decimals: 3)
    }

    mutating func counter(_ name: String, _ help: String, _ value: Json?) {
        guard let number = value?.number else { return }
        family(name, .counter, help)
        sample(name + Kind.counter.suffix, [], number)
    }

    /// One sample for every key of an object, whose value, or the part of it that is named, is the number.
    mutating func counters(
        _ name: String, _ help: String, _ label: String, _ values: Json?, _ part: String? = nil
    ) {
        guard let values else { return }
        family(name, .counter, help)
        for (key, value) in values.entries {
            guard let number = (part.map { value[$0] } ?? value)?.number else { continue }
            sample(name + Kind.counter.suffix, [(label, key)], number)
        }
    }

    mutating func summary(_ name: String, _ help: String, count: Json?, microseconds: Json?) {
        guard let count = count?.number, let sum = microseconds?.number else { return }
        family(name, .summary, help)
        sample(name + "_count", [], count)
        sample(name + "_sum", [], sum, decimals: 6)
    }

    mutating func info(_ name: String, _ help: String, _ labels: [(key: String, value: String)]) {
        family(name, .info, help)
        sample(name + Kind.info.suffix, labels, 1)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// 1234 with three decimals is 1.234: without Foundation, and exact.
    private static func decimal(_ number: Int64, _ decimals: Int) -> String {
        guard decimals > 0 else { return String(number) }
        var digits = String(number.magnitude)
        while digits.utf8.count <= decimals { digits = "0" + digits }
        let whole = digits.utf8.dropLast(decimals)
        let part = digits.utf8.suffix(decimals)
        return (number < 0 ? "-" : "") + String(decoding: Array(whole), as: UTF8.self) + "."
            + String(decoding: Array(part), as: UTF8.self)
    }
}
