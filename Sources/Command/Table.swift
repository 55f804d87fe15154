/// Columns of text, as wide as they must be and no wider than the terminal.
struct Table {
    struct Cell {
        let text: String
        var colour: Terminal.Colour?
    }

    private var rows: [[Cell]] = []
    private let heads: [String]

    init(_ heads: [String]) { self.heads = heads }

    mutating func add(_ cells: [Cell]) {
        rows.append(cells.map { Cell(text: Terminal.harmless($0.text), colour: $0.colour) })
    }

    func text(_ terminal: Terminal) -> String {
        let lines = [heads.map { Cell(text: $0.uppercased(), colour: .dim) }] + rows
        let widths = fitted(
            heads.indices.map { column in lines.map { $0[column].text.count }.max() ?? 0 },
            to: terminal.columns)
        return lines.map { line(of: $0, widths, terminal) }.joined(separator: "\n") + "\n"
    }

    /// The widest column gives first; none gets so narrow that nothing can be read.
    private func fitted(_ widths: [Int], to columns: Int?) -> [Int] {
        guard let columns else { return widths }
        var widths = widths
        while widths.reduce(0, +) + 2 * (widths.count - 1) > columns {
            guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 else {
                break
            }
            widths[widest] -= 1
        }
        return widths
    }

    private func line(of cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let width = widths[column]
            let text = cell.text.count > width ? cell.text.prefix(max(0, width - 1)) + "…" : cell.text
            line += terminal.paint(text, cell.colour)
            // No blanks behind the last column.
            if column < cells.count - 1 { line += String(repeating: " ", count: width - text.count + 2) }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
