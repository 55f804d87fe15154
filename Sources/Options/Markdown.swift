extension OptionTable {
    /// The reference page, `docs/options.md`.
    package static func markdown() -> String {
        var lines = preamble
        for group in OptionGroup.allCases {
            lines += ["", "## \(group.rawValue)", ""]
            lines += ["| option | what it takes | default | what it does |", "|---|---|---|---|"]
            lines += rows.filter { $0.group == group }.map(line)
        }
        lines += profiles
        return lines.joined(separator: "\n") + "\n"
    }

    /// Who takes which defaults.
    private static var profiles: [String] {
        let keys = rows.map(\.key).filter { key in Profile.allCases.contains { $0.defaults[key] != nil } }
        var lines = ["", "## Profiles", ""]
        lines += Profile.allCases.map { "- `\($0.rawValue)`: \($0.purpose)." }
        lines += [
            "", "What they cost and how soon they notice is measured in [profiles.md](profiles.md).", "",
        ]
        lines.append(
            "| default of | " + Profile.allCases.map { "`\($0.rawValue)`" }.joined(separator: " | ") + " |")
        lines.append("|---|" + String(repeating: "---|", count: Profile.allCases.count))
        for key in keys {
            let cells = Profile.allCases.map { $0.defaults[key] ?? row(key).fallback }
            lines.append("| `\(key.rawValue)` | " + cells.joined(separator: " | ") + " |")
        }
        return lines
    }

    private static func line(_ row: OptionRow) -> String {
        var name = "`\(row.name)`"
        if !row.aliases.isEmpty {
            name += " (also " + row.aliases.map { "`\($0)`" }.joined(separator: ", ") + ")"
        }
        let fallback = row.fallback.isEmpty ? row.fallbackNote : "`\(row.fallback)`"
        return "| \(name) | \(row.type.cell) | \(fallback.isEmpty ? "none" : fallback) | \(row.help) |"
    }

    private static let preamble = """
        # Options

        This page is made from the table of options in `Sources/Options`. To make it again:
        `MUSTER_REGENERATE=1 swift test --filter OptionsTests`.

        An option is given in one of these places. Where several give it, the upper one wins:

        1. `cluster_options_set(options, "port", "7900")`, or the command's flag: `--port 7900`, and
           `--failover-position 1` for `failover.position`.
        2. The environment: `MUSTER_PORT`, `MUSTER_FAILOVER_POSITION`. The library reads `MUSTER_NODE_ID`
           only (and `nodeId`, where a file of WSO2's was read); the command reads them all.
        3. A file that `cluster_options_load_file` or `--config` names. Of two files the later wins.
        4. The default.

        White space around a value is ignored, and an empty value means that the option is not set. An option
        that does not exist, and a value out of its range, are errors; options that contradict each other are
        refused when the node joins.

        **Durations** are a number and a unit: `500ms`, `1.5s`, `2m`, `1h`, `7d`. A bare number is
        milliseconds. **Truth values** are `true` or `false`; `yes`, `no`, `on`, `off`, `1` and `0` mean the
        same.

        **Files** have at most 1 MiB. One whose name ends in `.properties` has lines of `key=value`, comments
        behind `#` or `!`, and a backslash at the end of a line that goes on. Every other file is TOML; its
        tables are joined with a dot, so that these two say the same, and a list (seeds, keys, names) may be an array:

        ```toml
        cluster = "orders"
        seeds = ["10.0.0.1", "10.0.0.2:7900"]
        failover.position = 1
        ```

        ```toml
        cluster = "orders"
        seeds = "10.0.0.1, 10.0.0.2:7900"
        [failover]
        position = 1
        ```

        Files of Interlok, JBoss and WSO2 Micro Integrator are read too: [migrating](migrating/README.md) says what becomes
        of their keys. `muster config check FILE` explains a file.
        """.split(omittingEmptySubsequences: false) { $0 == "\n" }.map { String($0) }
}
