/// A statement of the store's own: its text never holds a value.
struct Statement: Sendable {
    /// Its name among the prepared statements of a connection; without one it is never prepared.
    let name: String
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
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
