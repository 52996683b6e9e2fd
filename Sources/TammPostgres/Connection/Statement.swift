/// A statement of the store's own: its text never holds a value.
struct Statement: Sendable {
    /// Its name among the prepared statements of a connection; without one it is never prepared.
    let name: String
    let sql: String
    /// What a set of rows is given to when it is a single one; empty where rows are always arrays.
    private var oneRow: (name: String, sql: String) = ("", "")

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }

    /// A statement that takes a set of rows: as arrays, one a column, or a single row as its values, which is cheaper.
    ///
    /// - Parameters:
    ///   - columns: of the set, with their types: `workspace_id uuid, sequence int8`.
    ///   - sql: the text, with the set as something to select from.
    init(_ name: String, rows columns: String, _ sql: (_ set: String) -> String) {
        let columns = columns.split(separator: ",").map { $0.split { $0.isWhitespace } }
        let values = columns.enumerated().map { index, column in "$\(index + 1)::\(column[1]) AS \(column[0])" }
        // Elements are taken by their place: `unnest` of many arrays would copy each into a store of its own, at four
        // times the cost.
        let elements = columns.enumerated().dropFirst().map { index, column in
            "($\(index + 1)::\(column[1])[])[n.i::int4] AS \(column[0])"
        }
        self.init(
            name,
            sql(
                """
                (SELECT \((["n.first AS \(columns[0][0])"] + elements).joined(separator: ", "))
                FROM unnest($1::\(columns[0][1])[]) WITH ORDINALITY AS n(first, i))
                """))
        oneRow = ("\(name).one", sql("(SELECT \(values.joined(separator: ", ")))"))
    }

    /// Its name and text for these parameters.
    func form(for parameters: PostgresParameters) -> (name: String, sql: String) {
        guard parameters.isOneRow else { return (name, sql) }
        precondition(!oneRow.sql.isEmpty, "\(name) takes no set of rows")
        return oneRow
    }

    /// Its first word in capitals, behind white space and comments; empty without one.
    var verb: String {
        var rest = sql[...]
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == ";" || $0 == "(" }
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*"), let end = rest.firstRange(of: "*/") {
                rest = rest[end.upperBound...]
            } else {
                return rest.prefix { $0.isLetter }.uppercased()
            }
        }
    }
}

/// The statements of one listing: its first page, and a page after a place. Two, because a plan for both would look at
/// every row before the place.
struct Listing: Sendable {
    let first: Statement
    let next: Statement

    /// - Parameter sql: the text, with or without the condition of the place.
    init(_ name: String, _ sql: (_ after: Bool) -> String) {
        first = Statement("\(name).first", sql(false))
        next = Statement("\(name).next", sql(true))
    }
}
