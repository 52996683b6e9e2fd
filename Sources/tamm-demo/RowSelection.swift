/// Which rows a person asked for by id.
enum RowSelection {
    /// The areas with the rows that `ids` name, in the checklist's order; all rows when `ids` is empty.
    ///
    /// Ids may be joined by commas.
    static func select(_ ids: [String], from areas: [ChecklistArea]) throws(UnknownRows) -> [ChecklistArea] {
        let wanted = ids.flatMap { $0.split(separator: ",") }.map(String.init)
        guard !wanted.isEmpty else { return areas }
        let known = areas.flatMap(\.rows).map(\.id)
        let unknown = wanted.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw UnknownRows(ids: unknown, close: unknown.map { closest(to: $0, among: known) })
        }
        return areas.compactMap { area in
            let rows = area.rows.filter { wanted.contains($0.id) }
            return rows.isEmpty ? nil : ChecklistArea(area.title, rows)
        }
    }

    /// The ids that a person who typed `text` may have meant, best first, at most six.
    static func closest(to text: String, among ids: [String]) -> [String] {
        let sharing = ids.filter { id in
            !text.isEmpty
                && (id.contains(text) || id.split(separator: ".").contains { $0 == text.prefix { $0 != "." } })
        }
        let near = ids.filter { !sharing.contains($0) && distance(text, $0) <= max(2, text.count / 3) }
        return Array((near + sharing).sorted { distance(text, $0) < distance(text, $1) }.prefix(6))
    }

    /// How many characters must be inserted, removed or replaced to turn `a` into `b`.
    static func distance(_ a: String, _ b: String) -> Int {
        let target = Array(b)
        var previous = Array(0...target.count)
        for (index, character) in a.enumerated() {
            var current = [index + 1]
            for (column, other) in target.enumerated() {
                let replaced = previous[column] + (character == other ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[target.count]
    }
}

/// Ids that are not in the checklist, each with those that are close to it.
struct UnknownRows: Error, Equatable, CustomStringConvertible {
    let ids: [String]
    let close: [[String]]

    var description: String {
        zip(ids, close).map { id, close in
            close.isEmpty
                ? "no row is called '\(id)'; --list shows them all"
                : "no row is called '\(id)'; close: \(close.joined(separator: ", "))"
        }.joined(separator: "\n")
    }
}
