private import Synchronization

/// Work to be gated and metered.
public struct MeteredOrder: Sendable {
    public let wallet: Wallet
    /// Names the work: at most 200 bytes. A retry of the same work has the same key.
    public let key: IdempotencyKey
    /// A boolean entitlement that the plan must enable.
    public let feature: String?
    /// What the work uses at most: its cost is held, and its quantity reserved of the plan's allowance.
    public let estimate: Usage
    /// How long the work may take before its hold runs out.
    public let lifetime: Duration
    /// What happens to usage above the estimate: `owe` or `cap`.
    public let aboveEstimate: ShortfallPolicy
    /// Whether work that fails is charged for what it had reported until then; otherwise it is free.
    public let chargesWhatFailed: Bool

    /// - Throws: `invalidInput` for a key that is too long, or to refuse what has been used already.
    public init(
        _ estimate: Usage, from wallet: Wallet, key: IdempotencyKey, feature: String? = nil,
        lifetime: Duration = .seconds(600), aboveEstimate: ShortfallPolicy = .owe, chargesWhatFailed: Bool = false
    ) throws(TammError) {
        guard key.text.utf8.count <= 200 else {
            throw TammError(.invalidInput, "an order's key has at most 200 bytes, found \(key.text.utf8.count)", field: "key")
        }
        guard aboveEstimate != .refuse else {
            throw TammError(
                .invalidInput, "usage above the estimate has happened: it is owed or capped, not refused",
                field: "aboveEstimate")
        }
        self.wallet = wallet
        self.key = key
        self.feature = feature
        self.estimate = estimate
        self.lifetime = lifetime
        self.aboveEstimate = aboveEstimate
        self.chargesWhatFailed = chargesWhatFailed
    }
}

/// What became of metered work.
public enum MeteredOutcome<Value: Sendable>: Sendable {
    case done(Value, WalletReceipt)
    /// The work is done and could not be charged yet: settle it later with ``Metering/settle(_:used:as:)``.
    case unsettled(Value, Usage, TammError)
    /// The work was not begun.
    case refused(MeteringRefusal)
}

/// Why metered work was not begun.
public enum MeteringRefusal: Sendable, Hashable {
    /// The workspace is on no plan.
    case noPlan
    /// The plan does not enable this feature.
    case notEntitled(String)
    case wallet(WalletRefusal)
    /// Work with this key was done and charged before; the receipt is of its settlement.
    case alreadyDone(WalletReceipt)
}

/// Takes the usage of work that is going on; what is reported last counts.
public final class UsageMeter: Sendable {
    private let reported = Mutex<Usage?>(nil)

    init() {}

    /// Reports all that has been used so far, not what came on top.
    public func report(_ usage: Usage) { reported.withLock { $0 = usage } }

    /// What was reported last.
    public var usage: Usage? { reported.withLock { $0 } }
}
