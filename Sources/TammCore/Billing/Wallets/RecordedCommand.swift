/// A command that was done: its answer, and what it asked, so that the same key can be answered again or refused.
public struct RecordedCommand: Sendable, Hashable {
    public let key: CommandKey
    public let receipt: WalletReceipt
    public let fingerprint: CommandFingerprint
    /// What refunds, or a reinstatement, have undone of it.
    public package(set) var reversed: Credits

    public init(receipt: WalletReceipt, fingerprint: CommandFingerprint, reversed: Credits = .zero) {
        self.init(
            key: CommandKey(workspace: receipt.workspace, key: receipt.key), receipt: receipt,
            fingerprint: fingerprint, reversed: reversed)
    }

    init(key: CommandKey, receipt: WalletReceipt, fingerprint: CommandFingerprint, reversed: Credits = .zero) {
        self.key = key
        self.receipt = receipt
        self.fingerprint = fingerprint
        self.reversed = reversed
    }
}

/// A command's key within its workspace. It carries its hash: a table that grows does not read the text again.
public struct CommandKey: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let key: IdempotencyKey
    private let hash: Int

    public init(workspace: Identifier<Workspace>, key: IdempotencyKey) {
        self.workspace = workspace
        self.key = key
        var hasher = Hasher()
        hasher.combine(workspace)
        hasher.combine(key)
        hash = hasher.finalize()
    }

    @inline(__always)
    public static func == (a: Self, b: Self) -> Bool {
        a.hash == b.hash && a.workspace == b.workspace && a.key == b.key
    }

    @inline(__always)
    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// What a command asked, field by field: two commands with the same key are the same request when these are equal.
///
/// Bytes: for each field that is present its number, its length (one byte) and its value; a value longer than 32
/// bytes is replaced by its SHA-256.
public struct CommandFingerprint: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    enum Field: UInt8, CaseIterable {
        case action = 1
        case wallet, usage, occurredAt, amount, category, priority, effectiveAt, expiresAt, source, lifetime, hold
        case shortfall, of, grant, receivable
        /// 17 was the allowance with its limit and period.
        case quota = 18
    }

    /// Whether the two are the same request. An allowance that was recorded with its period is not compared: the same
    /// request comes again in another.
    func asksTheSame(as recorded: CommandFingerprint) -> Bool {
        if bytes == recorded.bytes { return true }
        let (mine, theirs) = (fields, recorded.fields)
        guard mine[Field.quota.rawValue] != nil, theirs[17] != nil else { return false }
        return Field.allCases.allSatisfy { $0 == .quota || mine[$0.rawValue] == theirs[$0.rawValue] }
    }

    /// The first field in which the two differ; nil when they are the same request.
    func firstDifference(from other: CommandFingerprint) -> Field? {
        let (mine, theirs) = (fields, other.fields)
        return Field.allCases.first { mine[$0.rawValue] != theirs[$0.rawValue] }
    }

    private var fields: [UInt8: ArraySlice<UInt8>] {
        var fields: [UInt8: ArraySlice<UInt8>] = [:]
        var rest = bytes[...]
        while let tag = rest.popFirst(), let length = rest.popFirst() {
            fields[tag] = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        return fields
    }

    init(_ command: WalletCommand) {
        var writer = Writer()
        writer.write(.action, [command.kind.rawValue])
        writer.write(.wallet, command.wallet)
        switch command.action {
        case .grant(let terms):
            writer.write(.amount, terms.amount.micro)
            writer.write(.category, [terms.category.rawValue])
            writer.write(.priority, Int64(terms.priority))
            if let effectiveAt = terms.effectiveAt { writer.write(.effectiveAt, effectiveAt.microseconds) }
            if let expiresAt = terms.expiresAt { writer.write(.expiresAt, expiresAt.microseconds) }
            if let source = terms.source { writer.write(.source, Array(source.text.utf8)) }
        case .debit(let amount, let shortfall):
            writer.write(.amount, amount.micro)
            writer.write(.shortfall, [shortfall.rawValue])
        case .hold(let amount, let lifetime):
            writer.write(.amount, amount.micro)
            writer.write(.lifetime, Timestamp.epoch.advanced(by: lifetime).microseconds)
        case .capture(let hold, let amount, let shortfall):
            writer.write(.amount, amount.micro)
            writer.write(.hold, hold)
            writer.write(.shortfall, [shortfall.rawValue])
        case .release(let hold): writer.write(.hold, hold)
        case .refund(let key, let amount):
            writer.write(.amount, amount.micro)
            writer.write(.of, Array(key.text.utf8))
        case .clawback(let grant, let amount):
            writer.write(.amount, amount.micro)
            writer.write(.grant, grant)
        case .reinstate(let key): writer.write(.of, Array(key.text.utf8))
        case .writeOff(let receivable): writer.write(.receivable, receivable)
        case .tidy: break
        }
        if let occurredAt = command.occurredAt { writer.write(.occurredAt, occurredAt.microseconds) }
        if !command.usage.isEmpty {
            var encoder = CanonicalEncoder()
            encoder.field(UInt64(command.usage.count))
            for event in command.usage { event.encode(into: &encoder) }
            writer.write(.usage, encoder.bytes)
        }
        if let quota = command.quota {
            var encoder = CanonicalEncoder()
            quota.encode(into: &encoder)
            writer.write(.quota, encoder.bytes)
        }
        bytes = writer.bytes
    }

    private struct Writer {
        var bytes: [UInt8] = []

        init() { bytes.reserveCapacity(48) }

        mutating func write(_ field: Field, _ value: [UInt8]) {
            var value = value
            if value.count > 32 {
                var encoder = CanonicalEncoder()
                encoder.field(value)
                value = encoder.digest().bytes
            }
            bytes.append(field.rawValue)
            bytes.append(UInt8(value.count))
            bytes.append(contentsOf: value)
        }

        mutating func write(_ field: Field, _ number: Int64) {
            bytes.append(field.rawValue)
            bytes.append(8)
            unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        }

        mutating func write<Entity>(_ field: Field, _ id: Identifier<Entity>) {
            bytes.append(field.rawValue)
            bytes.append(16)
            unsafe withUnsafeBytes(of: id.high.bigEndian) { unsafe bytes.append(contentsOf: $0) }
            unsafe withUnsafeBytes(of: id.low.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        }
    }
}
