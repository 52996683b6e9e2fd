public import TammCore

/// One unit of work on the database, and the door to the caller's own tables in it.
public struct PostgresTransaction: StoreTransaction, ~Copyable {
    let session: Session

    /// Runs a statement of the caller's own in this transaction: all or nothing with what Tamm does in it.
    ///
    /// It runs with the rights of the login, not of a role of Tamm's, so that it reaches the caller's tables and none
    /// of Tamm's rows. Values go into parameters, never into the text: `$1`, `$2`.
    ///
    /// - Returns: what `decode` makes of each row.
    /// - Throws: what the server says, by its SQLSTATE; then nothing of the transaction remains.
    public borrowing func execute<Value>(
        _ sql: String, _ parameters: PostgresParameters = PostgresParameters(),
        _ decode: (inout PostgresRow) throws(TammError) -> Value
    ) throws(TammError) -> [Value] {
        try session.runAsLogin(Statement("", sql), parameters).map(decode)
    }

    /// As ``execute(_:_:_:)`` for a statement without rows.
    ///
    /// - Returns: how many rows it has inserted, changed or deleted.
    @discardableResult
    public borrowing func execute(
        _ sql: String, _ parameters: PostgresParameters = PostgresParameters()
    ) throws(TammError) -> Int {
        try session.runAsLogin(Statement("", sql), parameters).affected
    }
}
