internal import CLibPQ
public import TammCore

/// The rows that one statement has returned.
@safe final class ResultRows {
    private let result: OpaquePointer

    /// - Parameter result: owned from here on.
    init(_ result: OpaquePointer) { unsafe self.result = result }

    deinit { unsafe PQclear(result) }

    var count: Int { Int(unsafe PQntuples(result)) }

    /// How many rows the statement has inserted, changed, deleted or selected.
    var affected: Int { unsafe Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// The command that was done, such as `COMMIT`.
    var command: String { unsafe String(cString: PQcmdStatus(result)) }

    subscript(index: Int) -> PostgresRow { PostgresRow(rows: self, index: Int32(index)) }

    /// Each row, read by `decode`.
    func map<Value>(_ decode: (inout PostgresRow) throws(TammError) -> Value) throws(TammError) -> [Value] {
        var values: [Value] = []
        let count = count
        values.reserveCapacity(count)
        for index in 0..<count {
            var row = self[index]
            values.append(try decode(&row))
        }
        return values
    }

    /// The first row, read by `decode`; nil without one.
    func first<Value>(_ decode: (inout PostgresRow) throws(TammError) -> Value) throws(TammError) -> Value? {
        guard count > 0 else { return nil }
        var row = self[0]
        return try decode(&row)
    }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer? {
        guard unsafe PQgetisnull(result, row, column) == 0, let start = unsafe PQgetvalue(result, row, column) else {
            return nil
        }
        return unsafe UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
    }

    fileprivate func type(_ column: Int32) -> UInt32 { unsafe PQftype(result, column) }
    fileprivate func name(_ column: Int32) -> String {
        unsafe PQfname(result, column).map { unsafe String(cString: $0) } ?? "number \(column + 1)"
    }
    fileprivate var columns: Int32 { unsafe PQnfields(result) }
}

/// One row, whose columns are read from left to right.
public struct PostgresRow {
    private let rows: ResultRows
    private let index: Int32
    private var column: Int32 = 0

    init(rows: ResultRows, index: Int32) {
        self.rows = rows
        self.index = index
    }

    /// The next column.
    ///
    /// - Throws: `corrupted`, naming the column, for null, another type or bytes that are no such value.
    public mutating func next<Value: PostgresValue>(_ type: Value.Type = Value.self) throws(TammError) -> Value {
        guard let value = try nextIfPresent(type) else { throw mismatch(Value.postgresType.name, "null", at: column - 1) }
        return value
    }

    /// The next column, nil for null.
    ///
    /// - Throws: as ``next(_:)``.
    public mutating func nextIfPresent<Value: PostgresValue>(
        _ type: Value.Type = Value.self
    ) throws(TammError) -> Value? {
        let column = try take(Value.postgresType.oid, Value.postgresType.name)
        guard let bytes = unsafe rows.bytes(index, column) else { return nil }
        guard let value = unsafe Value(postgres: bytes) else {
            throw mismatch(Value.postgresType.name, "\(bytes.count) bytes that are no \(Value.self)", at: column)
        }
        return value
    }

    /// The next column, an array without nulls.
    ///
    /// - Throws: as ``next(_:)``.
    public mutating func nextArray<Value: PostgresValue>(
        _ type: Value.Type = Value.self
    ) throws(TammError) -> [Value] {
        let wanted = Value.postgresType.name + "[]"
        let column = try take(Value.postgresType.arrayOid, wanted)
        guard let bytes = unsafe rows.bytes(index, column) else { throw mismatch(wanted, "null", at: column) }
        guard let values: [Value] = unsafe Self.array(bytes) else {
            throw mismatch(wanted, "another form of array", at: column)
        }
        return values
    }

    /// Passes over the next column.
    public mutating func skip() { column += 1 }

    private mutating func take(_ oid: UInt32, _ wanted: String) throws(TammError) -> Int32 {
        let column = column
        guard column < rows.columns else { throw mismatch(wanted, "\(rows.columns) columns", at: column) }
        self.column += 1
        let found = rows.type(column)
        guard found == oid else { throw mismatch(wanted, "the type with oid \(found)", at: column) }
        return column
    }

    private func mismatch(_ wanted: String, _ found: String, at column: Int32) -> TammError {
        TammError(.corrupted, "column \(rows.name(column)): wanted \(wanted), found \(found)")
    }

    private static func array<Value: PostgresValue>(_ bytes: UnsafeRawBufferPointer) -> [Value]? {
        guard bytes.count >= 12, unsafe number(bytes, 8) == Int32(bitPattern: Value.postgresType.oid) else {
            return nil
        }
        let dimensions = unsafe number(bytes, 0)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { return nil }
        let count = unsafe Int(number(bytes, 12))
        var values: [Value] = []
        var position = 20
        while values.count < count {
            guard position + 4 <= bytes.count else { return nil }
            let length = unsafe Int(number(bytes, position))
            position += 4
            guard length >= 0, position + length <= bytes.count else { return nil }
            let element = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
            guard let value = unsafe Value(postgres: element) else { return nil }
            values.append(value)
            position += length
        }
        return values
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int32 {
        unsafe Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }
}
