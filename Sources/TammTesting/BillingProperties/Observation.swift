package import TammCore

/// The wallet's rows at one time.
package struct WalletSnapshot: Sendable, Equatable {
    package var wallet: Wallet
    package var grants: [Identifier<Grant>: Grant] = [:]
    package var holds: [Identifier<Hold>: Hold] = [:]
    package var receivables: [Identifier<Receivable>: Receivable] = [:]
    package var quotaUsed: UInt64 = 0
}

/// One command and what became of it.
package struct Answered: Sendable {
    package let command: WalletCommand
    package let result: Result<WalletOutcome, TammError>

    /// The result as two stores have to agree on it: of an error its code and field, not its words.
    var comparable: String {
        switch result {
        case .success(let outcome): "\(outcome)"
        case .failure(let error): "\(error.code.rawValue) \(error.field ?? "")"
        }
    }

    var applied: WalletReceipt? { if case .success(.applied(let receipt)) = result { receipt } else { nil } }

    /// Whether it was decided now: applied or refused, not answered again.
    var isDecided: Bool {
        switch result {
        case .success(.applied), .success(.refused): true
        case .success(.replayed), .failure: false
        }
    }
}

/// What one step has done: the rows before and after, the entries and usage it wrote, and all that came before.
package struct Observation {
    package let step: BillingStep
    /// The clock at the step.
    package let now: Timestamp
    package let answers: [Answered]
    package let before: WalletSnapshot
    package let after: WalletSnapshot
    package let entries: [LedgerEntry]
    package let usage: [RecordedUsage]
    package let past: Past
    package let limits: WalletLimits

    /// The moment at which the wallet decides.
    var decidedAt: Timestamp { max(now, before.wallet.recordedAt) }
    var receipts: [WalletReceipt] { answers.compactMap(\.applied) }
    var isDecided: Bool { answers.contains { $0.isDecided } }
}

/// What the steps so far add up to, kept from entries and receipts alone.
package struct Past {
    /// Inflow less outflow, by account.
    var totals: [Account: Int128] = [:]
    /// What the entries leave available, by grant.
    var available: [Identifier<Grant>: Int64] = [:]
    /// Issued less taken back before its day, by grant.
    var issued: [Identifier<Grant>: Int64] = [:]
    /// What the entries leave held, by hold.
    var held: [Identifier<Hold>: Int64] = [:]
    var receipts: [IdempotencyKey: WalletReceipt] = [:]
    var commands: [IdempotencyKey: WalletCommand] = [:]
    /// The entries of each command.
    var entries: [IdempotencyKey: [LedgerEntry]] = [:]
    /// What each refund has given back of a charge, by the charge's key.
    var refunded: [IdempotencyKey: Int64] = [:]
    var refundedTo: [IdempotencyKey: [Identifier<Grant>: Int64]] = [:]
    var reinstated: Set<IdempotencyKey> = []
    /// Taken back less given back, by grant.
    var clawed: [Identifier<Grant>: Int64] = [:]
    var charged: Int128 = 0
    var takenBack: Int128 = 0
    var settledBy: [Identifier<Grant>: Int64] = [:]
    var usage: Set<UsageEvent.ID> = []
    var quotaUsed: Int64 = 0
    var quotaReserved: [Identifier<Hold>: Int64] = [:]

    mutating func take(_ observation: Observation) {
        for entry in observation.entries { take(entry) }
        for answer in observation.answers {
            guard let receipt = answer.applied else { continue }
            receipts[receipt.key] = receipt
            commands[receipt.key] = answer.command
            take(receipt, of: answer.command)
        }
        for usage in observation.usage { self.usage.insert(usage.event.id) }
        for (id, hold) in observation.after.holds where hold.status != .open { quotaReserved[id] = nil }
    }

    mutating func take(_ entry: LedgerEntry) {
        let amount = entry.amount.micro
        totals[entry.source, default: 0] -= Int128(amount)
        totals[entry.target, default: 0] += Int128(amount)
        if let grant = entry.grant {
            if entry.source == .available { available[grant, default: 0] -= amount }
            if entry.target == .available { available[grant, default: 0] += amount }
            if entry.source == .issued { issued[grant, default: 0] += amount }
            if entry.target == .issued { issued[grant, default: 0] -= amount }
            if entry.kind == .settlement { settledBy[grant, default: 0] += amount }
        }
        if let hold = entry.hold {
            if entry.source == .held { held[hold, default: 0] -= amount }
            if entry.target == .held { held[hold, default: 0] += amount }
        }
        guard let command = entry.command else { return }
        entries[command, default: []].append(entry)
    }

    private mutating func take(_ receipt: WalletReceipt, of command: WalletCommand) {
        let amount = receipt.amount.micro
        switch command.action {
        case .debit:
            charged += Int128(amount)
            if let quota = command.quota { quotaUsed += Int64(quota.quantity) }
        case .hold: if let quota = command.quota, let hold = receipt.hold { quotaReserved[hold] = Int64(quota.quantity) }
        case .capture(let hold, _, _):
            charged += Int128(amount)
            if let reserved = quotaReserved.removeValue(forKey: hold) {
                quotaUsed += command.quota.map { Int64($0.quantity) } ?? reserved
            }
        case .refund(let charge, _):
            charged -= Int128(amount)
            refunded[charge, default: 0] += amount
            for entry in entries[receipt.key] ?? [] where entry.target == .available {
                if let grant = entry.grant { refundedTo[charge, default: [:]][grant, default: 0] += entry.amount.micro }
            }
        case .clawback(let grant, _):
            takenBack += Int128(amount)
            clawed[grant, default: 0] += amount
        case .reinstate(let clawback):
            takenBack -= Int128(amount)
            reinstated.insert(clawback)
            if let grant = receipt.grant { clawed[grant, default: 0] -= amount }
        case .grant, .release, .writeOff, .tidy: break
        }
    }
}
