import ArgumentParser
import Basics
import Glibc
import Node

/// What every command that joins a cluster takes about its log, which goes to stderr.
struct LogFlags: ParsableArguments {
    enum Level: String, ExpressibleByArgument, CaseIterable {
        case off, error, warning, info, debug, trace

        var level: LogLevel? {
            switch self {
            case .off: nil
            case .error: .error
            case .warning: .warning
            case .info: .info
            case .debug: .debug
            case .trace: .trace
            }
        }
    }

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "What of the node's log goes to stderr.")
    var logLevel = Level.warning

    @Option(help: "Lines for people, or JSON: time, level, node and message.")
    var logFormat = Format.text

    /// The lines come while the command waits for the node.
    func follow(_ node: Node) throws {
        guard let level = logLevel.level else { return }
        let (format, id) = (logFormat, node.id)
        do throws(Failure) {
            try node.onLog(upTo: level) { level, text in Self.write(Self.line(format, level, id, text)) }
        } catch {
            throw Trouble(error)
        }
    }

    /// A line of the command's own among those of the node.
    func say(_ level: LogLevel, _ text: String) {
        guard let most = logLevel.level, level.rawValue <= most.rawValue else { return }
        Self.write(Self.line(logFormat, level, nil, text))
    }

    private static func write(_ line: String) {
        Output.remark(line)
    }

    private static func line(_ format: Format, _ level: LogLevel, _ id: String?, _ text: String) -> String {
        guard format == .json else { return "muster: \(level.word): \(Terminal.harmless(text))\n" }
        let line = Json.object()
            .set("time", .number(wallMilliseconds()))
            .set("level", .text(level.word))
        if let id { _ = line.set("node", .text(id)) }
        return line.set("message", .text(text)).text + "\n"
    }

    private static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension LogLevel {
    fileprivate var word: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        case .trace: "trace"
        }
    }
}
