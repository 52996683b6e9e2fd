/// What the existing system decided for a command.
public struct ShadowAnswer: Sendable, Hashable {
    /// Whether it did what was asked, and for how much.
    public enum Decision: Sendable, Hashable {
        /// Charged, granted, held or given back.
        case done(Credits)
        case refused
    }

    public let decision: Decision
    /// What can be spent after it; nil where the system does not say.
    public let available: Credits?
    /// What is owed after it, where the system lets a balance fall below zero; nil where it does not say.
    public let owed: Credits?

    public init(_ decision: Decision, available: Credits? = nil, owed: Credits? = nil) {
        self.decision = decision
        self.available = available
        self.owed = owed
    }
}

/// A command, and what the existing system decided for it.
public struct ShadowedCommand: Sendable, Hashable {
    public let command: WalletCommand
    public let answer: ShadowAnswer

    public init(_ command: WalletCommand, answered answer: ShadowAnswer) {
        self.command = command
        self.answer = answer
    }
}

/// What the comparison of one command has come to.
public enum ShadowComparison: Sendable, Hashable {
    case agrees(WalletOutcome)
    case differs(WalletOutcome, [ShadowDifference])
    /// Tamm, or the making of the command or the answer, failed; the caller's request is not concerned.
    case failed(TammError)
    /// Too many were under way.
    case skipped

    /// Whether both did the same.
    public var agrees: Bool { if case .agrees = self { true } else { false } }

    /// What differs; empty where nothing does, or nothing was compared.
    public var differences: [ShadowDifference] { if case .differs(_, let differences) = self { differences } else { [] } }

    /// What Tamm did, with the hold that a later capture names; nil where it failed or was not asked.
    public var outcome: WalletOutcome? {
        switch self {
        case .agrees(let outcome), .differs(let outcome, _): outcome
        case .failed, .skipped: nil
        }
    }
}

/// One thing in which the existing system and Tamm differ over a command.
public enum ShadowDifference: Sendable, Hashable {
    /// One did it and the other refused; `because` is Tamm's refusal.
    case decision(theirs: ShadowAnswer.Decision, ours: ShadowAnswer.Decision, because: WalletRefusal?)
    /// Both did it, for different amounts.
    case amount(theirs: Credits, ours: Credits)
    /// What can be spent after it.
    case balance(theirs: Credits, ours: Credits)
    /// What is owed after it.
    case owed(theirs: Credits, ours: Credits)

    /// The kinds of difference that are counted.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case decision, amount, balance, owed
    }

    public var kind: Kind {
        switch self {
        case .decision: .decision
        case .amount: .amount
        case .balance: .balance
        case .owed: .owed
        }
    }
}

extension ShadowDifference: CustomStringConvertible {
    public var description: String {
        switch self {
        case .decision(let theirs, let ours, let refusal):
            "decision: theirs \(theirs), ours \(ours)" + (refusal.map { " (\($0))" } ?? "")
        case .amount(let theirs, let ours), .balance(let theirs, let ours), .owed(let theirs, let ours):
            "\(kind.rawValue): theirs \(theirs), ours \(ours)"
        }
    }
}

extension ShadowAnswer.Decision: CustomStringConvertible {
    public var description: String {
        switch self {
        case .done(let amount): "done for \(amount)"
        case .refused: "refused"
        }
    }
}

extension ShadowAnswer {
    /// Whether there is a balance to compare.
    var namesBalance: Bool { available != nil || owed != nil }

    /// In what this differs from what Tamm did.
    ///
    /// - Parameter balance: Tamm's after it; nil where there is none to compare.
    func differences(from outcome: WalletOutcome, _ balance: Balance?) -> [ShadowDifference] {
        var differences: [ShadowDifference] = []
        switch (decision, outcome) {
        case (.refused, .refused): break
        case (.done(let theirs), .applied(let receipt)), (.done(let theirs), .replayed(let receipt)):
            if theirs != receipt.amount { differences.append(.amount(theirs: theirs, ours: receipt.amount)) }
        case (.done, .refused(let refusal)):
            differences.append(.decision(theirs: decision, ours: .refused, because: refusal))
        case (.refused, .applied(let receipt)), (.refused, .replayed(let receipt)):
            differences.append(.decision(theirs: .refused, ours: .done(receipt.amount), because: nil))
        }
        if let available, let balance, available != balance.available {
            differences.append(.balance(theirs: available, ours: balance.available))
        }
        if let owed, let balance, owed != balance.owed {
            differences.append(.owed(theirs: owed, ours: balance.owed))
        }
        return differences
    }
}
