/// Something metered that happened once: a model call, a message, a document.
public struct UsageEvent: Sendable, Hashable {
    /// The caller's name for the event, unique in its workspace for all time: 1 to 255 bytes of visible ASCII.
    public typealias ID = IdempotencyKey

    public let workspace: Identifier<Workspace>
    public let id: ID
    /// What was used.
    public let usage: Usage
    /// What it cost, before any policy for a shortfall.
    public let cost: Credits
    /// The version of the price book that says so; nil where the caller set the cost.
    public let priceBook: Int64?
    /// When it happened; a late event is booked into the open period all the same.
    public let occurredAt: Timestamp

    public init(
        workspace: Identifier<Workspace>, id: ID, usage: Usage, cost: Credits, priceBook: Int64? = nil,
        occurredAt: Timestamp
    ) {
        self.workspace = workspace
        self.id = id
        self.usage = usage
        self.cost = cost
        self.priceBook = priceBook
        self.occurredAt = occurredAt
    }

    /// What happened, for a command's fingerprint; its price is the command's amount.
    func encode(into encoder: inout CanonicalEncoder) {
        encoder.field(id.text)
        usage.encode(into: &encoder)
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

/// What is counted against a plan's metered entitlement of the same name.
public struct Meter: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    public static let messages = Meter(unchecked: "messages")
    public static let documentPages = Meter(unchecked: "document-pages")
    public static let modelTokens = Meter(unchecked: "model-tokens")

    private init(unchecked name: String) { self.name = name }

    /// - Throws: `invalidInput` unless the name has the form of an entitlement's.
    public init(_ name: String) throws(TammError) { self.name = try checkedName(name, "a meter's name") }

    public var description: String { name }
}

extension Usage {
    public var meter: Meter {
        switch self {
        case .model: .modelTokens
        case .messages: .messages
        case .documentPages: .documentPages
        }
    }

    /// How much of the meter it is: tokens of prompt and answer, messages, pages.
    public var quantity: Int64 {
        switch self {
        case .model(_, let tokens): tokens.promptTokens + tokens.completionTokens
        case .messages(_, let count): count
        case .documentPages(let count): count
        }
    }

    /// - Throws: `invalidInput` for the name of a model or channel of more than 128 bytes, or none.
    func checkText() throws(TammError) {
        switch self {
        case .model(let name, _), .messages(let name, _):
            guard (1...128).contains(name.utf8.count) else {
                throw TammError(
                    .invalidInput, "a model or channel has a name of 1 to 128 bytes, found \(excerpt(name))", field: "usage")
            }
        case .documentPages: break
        }
    }

    func encode(into encoder: inout CanonicalEncoder) {
        switch self {
        case .model(let model, let tokens):
            encoder.field(UInt8(1))
            encoder.field(model)
            for count in [
                tokens.promptTokens, tokens.cachedPromptTokens, tokens.completionTokens, tokens.reasoningTokens,
            ] { encoder.field(UInt64(bitPattern: count)) }
        case .messages(let channel, let count):
            encoder.field(UInt8(2))
            encoder.field(channel)
            encoder.field(UInt64(bitPattern: count))
        case .documentPages(let count):
            encoder.field(UInt8(3))
            encoder.field(UInt64(bitPattern: count))
        }
    }
}
