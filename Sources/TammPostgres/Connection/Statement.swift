/// A statement of the store's own: its text never holds a value.
struct Statement: Sendable {
    /// Its name among the prepared statements of a connection; without one it is never prepared.
    let name: String
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}
