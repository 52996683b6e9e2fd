import TammCore

/// What the sequences of a run were made of: in how many each thing occurred.
public struct PurchaseMix: Sendable {
    package init() {}

    /// How many sequences were run.
    public private(set) var sequences = 0
    /// How many steps were done.
    public private(set) var steps = 0
    /// By name: steps, refusals, statuses, changes; in how many sequences each occurred.
    public private(set) var occurrences: [String: Int] = [:]

    /// The rare things that every long run has to show.
    public static let expected: [String] =
        ["start", "renewal", "upgrade", "upgradeToYear", "pack", "top-up", "month", "year", "in a trial", "in grace"].map {
            "bought \($0)"
        } + Subscription.Status.allCases.map { "subscription \($0)" } + Payment.Status.allCases.map { "payment \($0)" }
        + ["late", "underpaid", "overpaid", "wrongCurrency", "twice", "doesNotFit", "walletRefused"].map { "kept \($0)" }
        + ["doesNotFit", "lowersPlan", "raisesPlan", "nothingToPay", "noTrial", "pastDue", "notSold", "referenceUsed"].map {
            "refusal \($0)"
        } + ["open", "lost", "won"].map { "dispute \($0)" }
        + ["twice", "reversed", "lost", "last"].map { "delivered \($0)" }
        + ["together", "interrupted", "limited"].map { "clock \($0)" }
        + ["clawback", "shortfall", "settlement", "reinstatement", "hold", "grantExpiry"].map { "entry \($0)" }
        + [
            "confirmed by hand", "charged by itself", "reserved", "captured", "unmatched money", "return recorded",
            "transfer confirmed", "transfer rejected", "top-up stop unpaid", "top-up stop returned", "opened again",
            "ending cancel", "ending move", "resumed", "canceled at once", "done assigned", "error unavailable",
        ]

    mutating func count(_ o: PurchaseObservation, _ names: Set<String>) {
        steps += 1
        for name in names { occurrences[name] = 1 }
        occurrences["step " + String("\(o.step.action)".prefix { $0 != "(" })] = 1
        for act in o.acts { occurrences["done " + String("\(act)".prefix { $0 != "(" })] = 1 }
        for confirmation in o.confirmations {
            occurrences[confirmation.isByHand ? "confirmed by hand" : "confirmed"] = 1
            switch confirmation.payment.purpose {
            case .credits(let purchase): occurrences[purchase.isTopUp ? "bought top-up" : "bought pack"] = 1
            case .plan(let purchase, let interval):
                occurrences["bought " + String("\(purchase.kind)".prefix { $0 != "(" })] = 1
                occurrences["bought \(interval)"] = 1
            }
            if case .trialing(_, .some) = confirmation.after.standing?.state { occurrences["bought in a trial"] = 1 }
            if case .pastDue = confirmation.before.standing?.state { occurrences["bought in grace"] = 1 }
        }
        for (before, after) in o.pairs {
            if let status = after.standing?.status { occurrences["subscription \(status)"] = 1 }
            if let stop = after.stored?.topUp?.stop { occurrences["top-up stop \(stop)"] = 1 }
            for payment in after.payments where before.payment(payment.id) != payment { count(payment, before) }
        }
        for entry in o.entries { occurrences["entry \(entry.kind)"] = 1 }
        if !o.after.unmatched.isEmpty { occurrences["unmatched money"] = 1 }
    }

    private mutating func count(_ payment: Payment, _ before: WorkspaceState) {
        occurrences["payment \(payment.status)"] = 1
        for row in payment.transactions {
            if case .unapplied(let reason) = row.use { occurrences["kept \(reason)"] = 1 }
            if row.dispute != .none { occurrences["dispute \(row.dispute)"] = 1 }
            if row.progress == .authorized { occurrences["reserved"] = 1 }
        }
        if payment.isAutomatic, payment.applied != nil { occurrences["charged by itself"] = 1 }
    }

    mutating func finish() { sequences += 1 }

    package mutating func add(_ other: PurchaseMix) {
        sequences += other.sequences
        steps += other.steps
        occurrences.merge(other.occurrences, uniquingKeysWith: +)
    }

    /// In which share of the sequences it occurred, 0 to 1.
    public func share(of name: String) -> Double {
        sequences == 0 ? 0 : Double(occurrences[name, default: 0]) / Double(sequences)
    }
}

extension PurchaseMix: CustomStringConvertible {
    /// A line each, in thousandths of the sequences, the commonest first.
    public var description: String {
        var text = "\(sequences) sequences, \(steps) steps\n"
        for (name, count) in occurrences.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            let tenths = sequences == 0 ? 0 : count * 1000 / sequences
            text += "  \(tenths / 10).\(tenths % 10) %  \(name)\n"
        }
        return text
    }
}
