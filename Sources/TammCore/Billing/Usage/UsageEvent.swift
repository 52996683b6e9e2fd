/// Something metered that happened once: a model call, a message, a document.
public struct UsageEvent: Sendable, Hashable {
    /// The caller's name for the event, unique in its workspace for all time: 1 to 255 bytes of visible ASCII.
    public typealias ID = IdempotencyKey

    public let workspace: Identifier<Workspace>
    public let id: ID
    public let meter: Meter
    public let quantity: UInt64
    /// What it cost by the price book that was in force.
    public let cost: Credits
    /// When it happened; a late event is booked into the open period all the same.
    public let occurredAt: Timestamp

    public init(
        workspace: Identifier<Workspace>, id: ID, meter: Meter, quantity: UInt64, cost: Credits, occurredAt: Timestamp
    ) {
        self.workspace = workspace
        self.id = id
        self.meter = meter
        self.quantity = quantity
        self.cost = cost
        self.occurredAt = occurredAt
    }

    func encode(into encoder: inout CanonicalEncoder) {
        encoder.field(id.text)
        encoder.field(meter.name)
        encoder.field(quantity)
        encoder.field(cost)
        encoder.field(occurredAt)
    }
}

/// A usage event as the ledger has it: with when it was written and by which command.
public struct RecordedUsage: Sendable, Hashable {
    public let event: UsageEvent
    public let wallet: Identifier<Wallet>
    public let command: IdempotencyKey
    public let recordedAt: Timestamp

    public init(event: UsageEvent, wallet: Identifier<Wallet>, command: IdempotencyKey, recordedAt: Timestamp) {
        self.event = event
        self.wallet = wallet
        self.command = command
        self.recordedAt = recordedAt
    }
}

/// What is counted: `model.tokens`, `messages`, `documents.pages`.
public struct Meter: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    /// - Throws: `invalidInput` unless the name is 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`.
    public init(_ name: String) throws(TammError) {
        let valid = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard valid, (1...64).contains(name.utf8.count) else {
            throw TammError(
                .invalidInput, "wanted a meter's name of 1 to 64 characters a-z 0-9 . _ -, found \(excerpt(name))",
                field: "meter")
        }
        self.name = name
    }

    public var description: String { name }
}
