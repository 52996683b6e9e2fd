internal import CLibPQ
public import TammCore

/// A type of PostgreSQL by its object identifiers, which are the same in every database.
public struct PostgresType: Sendable, Hashable {
    /// As PostgreSQL names it.
    public let name: String
    /// The object identifier of the type.
    public let oid: UInt32
    /// The object identifier of its array type.
    public let arrayOid: UInt32

    public static let bool = PostgresType(name: "bool", oid: 16, arrayOid: 1000)
    public static let bytea = PostgresType(name: "bytea", oid: 17, arrayOid: 1001)
    public static let int8 = PostgresType(name: "int8", oid: 20, arrayOid: 1016)
    public static let int2 = PostgresType(name: "int2", oid: 21, arrayOid: 1005)
    public static let int4 = PostgresType(name: "int4", oid: 23, arrayOid: 1007)
    public static let text = PostgresType(name: "text", oid: 25, arrayOid: 1009)
    public static let timestamptz = PostgresType(name: "timestamptz", oid: 1184, arrayOid: 1185)
    public static let uuid = PostgresType(name: "uuid", oid: 2950, arrayOid: 2951)
}

/// A value that crosses to the server and back in PostgreSQL's binary form.
public protocol PostgresValue {
    /// The type that it is sent as, and must come back as.
    static var postgresType: PostgresType { get }

    /// Appends the binary form, without its length.
    func encode(into bytes: inout [UInt8])

    /// - Returns: nil for bytes that are no such value.
    init?(postgres bytes: UnsafeRawBufferPointer)
}

/// A value whose binary form is always as long: a column of them is written in place.
protocol FixedWidthPostgresValue: PostgresValue {
    static var width: Int { get }

    /// Writes the binary form into bytes, of which there are enough from `offset` on.
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int)
}

extension FixedWidthPostgresValue {
    @inline(__always)
    fileprivate func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.width))
        unsafe bytes.withUnsafeMutableBytes { unsafe store(into: $0, at: start) }
    }
}

extension FixedWidthInteger {
    @inline(__always)
    fileprivate func storeBigEndian(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe bytes.storeBytes(of: bigEndian, toByteOffset: offset, as: Self.self)
    }

    fileprivate init?(bigEndian bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self = unsafe Self(bigEndian: bytes.loadUnaligned(as: Self.self))
    }
}

extension Int64: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .int8 }
    static var width: Int { 8 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) { unsafe storeBigEndian(into: bytes, at: offset) }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) { unsafe self.init(bigEndian: bytes) }
}

extension Int32: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .int4 }
    static var width: Int { 4 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) { unsafe storeBigEndian(into: bytes, at: offset) }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) { unsafe self.init(bigEndian: bytes) }
}

extension Int16: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .int2 }
    static var width: Int { 2 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) { unsafe storeBigEndian(into: bytes, at: offset) }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) { unsafe self.init(bigEndian: bytes) }
}

extension Bool: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .bool }
    static var width: Int { 1 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) { unsafe bytes[offset] = self ? 1 : 0 }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 1 else { return nil }
        self = unsafe bytes[0] != 0
    }
}

extension String: PostgresValue {
    public static var postgresType: PostgresType { .text }
    public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    public init?(postgres bytes: UnsafeRawBufferPointer) { unsafe self.init(validating: bytes, as: UTF8.self) }
}

extension [UInt8]: PostgresValue {
    public static var postgresType: PostgresType { .bytea }
    public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
    public init?(postgres bytes: UnsafeRawBufferPointer) { unsafe self.init(bytes) }
}

extension Identifier: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .uuid }
    static var width: Int { 16 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe high.storeBigEndian(into: bytes, at: offset)
        unsafe low.storeBigEndian(into: bytes, at: offset + 8)
    }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: unsafe UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension Timestamp: FixedWidthPostgresValue {
    /// Between 1970, where Tamm counts from, and 2000, where PostgreSQL does.
    private static let offset: Int64 = 946_684_800_000_000

    public static var postgresType: PostgresType { .timestamptz }
    static var width: Int { 8 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe (microseconds - Self.offset).storeBigEndian(into: bytes, at: offset)
    }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let value = unsafe Int64(bigEndian: bytes) else { return nil }
        let (microseconds, overflow) = value.addingReportingOverflow(Self.offset)
        guard !overflow, let moment = try? Timestamp(microseconds: microseconds) else { return nil }
        self = moment
    }
}

extension Credits: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .int8 }
    static var width: Int { 8 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) { unsafe micro.storeBigEndian(into: bytes, at: offset) }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let value = unsafe Int64(bigEndian: bytes), let credits = try? Credits(micro: value) else { return nil }
        self = credits
    }
}

extension IdempotencyKey: PostgresValue {
    public static var postgresType: PostgresType { .text }
    public func encode(into bytes: inout [UInt8]) { text.encode(into: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let text = unsafe String(postgres: bytes), let key = try? IdempotencyKey(text) else { return nil }
        self = key
    }
}

extension ChainHash: FixedWidthPostgresValue {
    public static var postgresType: PostgresType { .bytea }
    static var width: Int { 32 }
    func store(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe words.0.storeBigEndian(into: bytes, at: offset)
        unsafe words.1.storeBigEndian(into: bytes, at: offset + 8)
        unsafe words.2.storeBigEndian(into: bytes, at: offset + 16)
        unsafe words.3.storeBigEndian(into: bytes, at: offset + 24)
    }
    public func encode(into bytes: inout [UInt8]) { append(to: &bytes) }
    public init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        self.init(words: (word(0), word(1), word(2), word(3)))
    }
}

/// The parameters of one statement, in the form in which libpq takes them.
public struct PostgresParameters: Sendable {
    private(set) var types: [UInt32] = []
    private(set) var starts: [Int] = []
    /// -1 is null.
    private(set) var lengths: [Int32] = []
    private(set) var bytes: [UInt8] = []
    /// Whether the set of rows is a single one, whose columns are values and not arrays.
    let isOneRow: Bool

    public init() { isOneRow = false }

    /// For a statement that takes a set of so many rows.
    init(rows count: Int) {
        isOneRow = count == 1
        bytes.reserveCapacity(count * 256)
    }

    private mutating func begin(_ oid: UInt32) {
        types.append(oid)
        starts.append(bytes.count)
        lengths.append(-1)
    }

    private mutating func end() { lengths[lengths.count - 1] = Int32(bytes.count - starts[starts.count - 1]) }

    /// Adds a value, or null.
    public mutating func add<Value: PostgresValue>(_ value: Value?) {
        begin(Value.postgresType.oid)
        guard let value else { return }
        value.encode(into: &bytes)
        end()
    }

    /// Adds a value.
    public mutating func add<Value: PostgresValue>(_ value: Value) {
        begin(Value.postgresType.oid)
        value.encode(into: &bytes)
        end()
    }

    /// Adds an array with one element a row: a column of a set of rows.
    public mutating func add<Rows: Collection, Value: PostgresValue>(
        _ rows: Rows, _ column: (Rows.Element) -> Value
    ) {
        if isOneRow, let row = rows.first { return add(column(row)) }
        beginArray(Value.postgresType, count: rows.count)
        for row in rows {
            let start = beginElement()
            column(row).encode(into: &bytes)
            endElement(start)
        }
        end()
    }

    /// Adds an array with one element a row, which may be null.
    public mutating func add<Rows: Collection, Value: PostgresValue>(
        _ rows: Rows, _ column: (Rows.Element) -> Value?
    ) {
        if isOneRow, let row = rows.first { return add(column(row)) }
        beginArray(Value.postgresType, count: rows.count)
        for row in rows {
            let start = beginElement()
            guard let value = column(row) else { continue }
            value.encode(into: &bytes)
            endElement(start)
        }
        end()
    }

    /// The same for values of one length.
    mutating func add<Value: FixedWidthPostgresValue>(_ rows: Range<Int>, _ column: (Int) -> Value) {
        if isOneRow, let row = rows.first { return add(column(row)) }
        beginArray(Value.postgresType, count: rows.count)
        addInPlace(rows, column)
        end()
    }

    /// The same for values of one length, which may be null.
    mutating func add<Value: FixedWidthPostgresValue>(_ rows: Range<Int>, _ column: (Int) -> Value?) {
        if isOneRow, let row = rows.first { return add(column(row)) }
        beginArray(Value.postgresType, count: rows.count)
        addInPlace(rows, column)
        end()
    }

    @inline(__always)
    private mutating func addInPlace<Value: FixedWidthPostgresValue>(_ rows: Range<Int>, _ column: (Int) -> Value?) {
        var end = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: rows.count * (4 + Value.width)))
        unsafe bytes.withUnsafeMutableBytes { bytes in
            for row in rows {
                let value = column(row)
                unsafe Int32(truncatingIfNeeded: value == nil ? -1 : Value.width).storeBigEndian(into: bytes, at: end)
                end += 4
                guard let value else { continue }
                unsafe value.store(into: bytes, at: end)
                end += Value.width
            }
        }
        bytes.removeLast(bytes.count - end)
    }

    private mutating func beginArray(_ type: PostgresType, count: Int) {
        begin(type.arrayOid)
        Int32(count == 0 ? 0 : 1).append(to: &bytes)
        Int32(1).append(to: &bytes)  // May hold nulls.
        Int32(bitPattern: type.oid).append(to: &bytes)
        guard count > 0 else { return }
        Int32(truncatingIfNeeded: count).append(to: &bytes)
        Int32(1).append(to: &bytes)
    }

    /// Appends the length of null, which ``endElement(_:)`` replaces.
    private mutating func beginElement() -> Int {
        Int32(-1).append(to: &bytes)
        return bytes.count
    }

    private mutating func endElement(_ start: Int) {
        let count = Int32(truncatingIfNeeded: bytes.count - start)
        unsafe bytes.withUnsafeMutableBytes { unsafe count.storeBigEndian(into: $0, at: start - 4) }
    }
}
