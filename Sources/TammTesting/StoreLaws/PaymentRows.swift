import TammCore

extension LawContext {
    /// A payment for credits that waits for its money, and of which nothing is due.
    func payment(
        of workspace: Identifier<Workspace>, id: Identifier<Payment>? = nil, with provider: PaymentProviderName = .paymob,
        openedAt moment: Timestamp? = nil, order: ProviderReference? = nil, claiming claim: ProviderReference? = nil,
        _ transactions: [PaymentTransaction] = []
    ) throws(TammError) -> Payment {
        Payment(
            id: id ?? self.id(), workspace: workspace,
            purpose: .credits(CreditPurchase(pack: "small", credits: credits(100), expiresAfterDays: 90, isTopUp: false)),
            amount: try Money(minorUnits: 19_950, .egp), provider: provider, account: "main",
            openedAt: moment ?? base, expiresAt: at(3_600_000_000), order: order,
            claim: claim.map { .init(reference: $0, at: at(7)) }, status: .pending, transactions: transactions,
            grants: [], period: nil, refunds: .init(), hasSavedCard: false, isAutomatic: false, task: nil, dueAt: nil, attempts: 0)
    }

    /// A reference that nothing has yet.
    func reference(
        _ provider: PaymentProviderName = .paymob, account: String = "main"
    ) throws(TammError) -> ProviderReference {
        try ProviderReference(provider, account: account, "o-\(entropy.next())-\(entropy.next())")
    }

    /// Money that was received.
    func captured(
        _ id: String, _ minorUnits: Int64 = 19_950, _ use: PaymentTransaction.Use? = .applied, refunded: Int64 = 0,
        isVoided: Bool = false, dispute: PaymentTransaction.Dispute = .none
    ) throws(TammError) -> PaymentTransaction {
        PaymentTransaction(
            id: id, progress: .captured, money: try Money(minorUnits: minorUnits, .egp), refunded: refunded,
            isVoided: isVoided, dispute: dispute, use: use, firstSeenAt: base)
    }

    /// A transaction of which nothing but its name is known.
    func transaction(_ id: String) -> PaymentTransaction {
        PaymentTransaction(
            id: id, progress: .pending, money: nil, refunded: 0, isVoided: false, dispute: .none, use: nil,
            firstSeenAt: base)
    }

    func card(of workspace: Identifier<Workspace>, _ token: String? = nil) throws(TammError) -> SavedCard {
        try SavedCard(
            workspace: workspace, provider: .paymob, account: "main", token: Secret(token ?? "token-\(entropy.next())"),
            maskedNumber: "2346", brand: "MasterCard", savedAt: base)
    }

    // MARK: Values at their bounds

    /// Every visible character of ASCII, and as many more as a reference takes.
    private var longText: String {
        String(decoding: (0x21...0x7e).map { UInt8($0) }, as: UTF8.self) + String(repeating: "~", count: 34)
    }

    /// Payments for every kind of purchase.
    func purchases(in workspace: Identifier<Workspace>) throws(TammError) -> [Payment] {
        let plans = [
            try PlanVersionReference(PlanID("a"), version: 1),
            try PlanVersionReference(PlanID(String(repeating: "z", count: 64)), version: 1_000_000),
        ]
        var purposes: [PaymentPurpose] = []
        for (plan, other) in [(plans[0], plans[1]), (plans[1], plans[0])] {
            for moment in [Timestamp.min, base, .max] {
                for kind in [
                    PlanPurchase.Kind.start, .renewal(of: moment), .upgrade(from: other, paidThrough: moment),
                    .upgradeToYear(from: other, paidThrough: moment),
                ] {
                    for interval in BillingInterval.allCases {
                        purposes.append(.plan(PlanPurchase(kind, plan), per: interval))
                    }
                }
            }
        }
        for (pack, amount, days) in [
            ("a", Credits.one, nil), (String(repeating: "q", count: 64), .max, 36_500), ("p.2_x-1", .zero, 1),
        ] as [(String, Credits, Int64?)] {
            for isTopUp in [true, false] {
                purposes.append(
                    .credits(CreditPurchase(pack: pack, credits: amount, expiresAfterDays: days, isTopUp: isTopUp)))
            }
        }
        return try purposes.map { purpose throws(TammError) in
            let model = try payment(of: workspace)
            return Payment(
                id: model.id, workspace: workspace, purpose: purpose, amount: model.amount, provider: model.provider,
                account: model.account, openedAt: base, expiresAt: model.expiresAt, order: nil, claim: nil,
                status: .pending, transactions: [], grants: [], period: nil, refunds: .init(), hasSavedCard: false, isAutomatic: false,
                task: nil, dueAt: nil,
                attempts: 0)
        }
    }

    /// Payments in every status with every other field at each of its bounds.
    func boundPayments(in workspace: Identifier<Workspace>) throws(TammError) -> [Payment] {
        let moments = [Timestamp.min, base, .max, .epoch]
        let money = [
            try Money(minorUnits: 0, .usd), try Money(minorUnits: Money.maxMinorUnits, Currency("KWD")),
            try Money(minorUnits: 1, Currency("JPY")),
        ]
        let providers = [
            PaymentProviderName.paymob, .instaPay, try PaymentProviderName("p" + String(repeating: "_", count: 63)),
        ]
        let accounts = ["m", longText, "name@instapay"]
        let tasks: [Payment.Task?] = [nil] + Payment.Task.allCases.map { $0 }
        let periods = [nil, base..<at(1), .min ..< .max] as [Range<Timestamp>?]
        var made: [Payment] = []
        for (index, status) in (Payment.Status.allCases + Payment.Status.allCases).enumerated() {
            let (provider, account) = (providers[index % 3], accounts[index % 3])
            let task = tasks[index % tasks.count]
            let order: ProviderReference? = index % 2 == 0 ? nil : try unique(provider, account, index)
            let claimed: ProviderReference? = index % 4 < 2 ? nil : try unique(.instaPay, account, index)
            made.append(
                Payment(
                    id: id(), workspace: workspace, purpose: try payment(of: workspace).purpose,
                    amount: money[(index / 2) % 3], provider: provider, account: account, openedAt: moments[index % 4],
                    expiresAt: moments[(index + 1) % 4], order: order,
                    claim: claimed.map { .init(reference: $0, at: moments[(index / 4) % 4]) }, status: status,
                    transactions: [], grants: [], period: periods[index % 3],
                    refunds: try refunds(index), hasSavedCard: index % 3 == 0, isAutomatic: index % 2 == 0, task: task,
                    dueAt: task == nil ? nil : moments[(index / 2) % 4], attempts: [0, 1, Int(Int32.max)][index % 3]))
        }
        return made
    }

    /// No refund, one that is open, and as many as may be.
    private func refunds(_ index: Int) throws(TammError) -> Payment.Refunds {
        let key = try IdempotencyKey(String(repeating: "~", count: 255))
        let open = Payment.Refunds.Open(key: key, transaction: longText, through: Money.maxMinorUnits)
        switch index % 3 {
        case 0: return Payment.Refunds()
        case 1: return Payment.Refunds(done: [try IdempotencyKey("b"), try IdempotencyKey("a")], open: open)
        default:
            let keys = try (0..<Payment.Refunds.maximum).map { number throws(TammError) in
                try IdempotencyKey("\(64 - number)-\(number)")
            }
            return Payment.Refunds(done: keys, open: nil)
        }
    }

    /// A reference of the most characters, or of few, that nothing has yet.
    private func unique(
        _ provider: PaymentProviderName, _ account: String, _ index: Int
    ) throws(TammError) -> ProviderReference {
        let start = "\(entropy.next())'\"\\%;$1--"
        let text = index % 3 == 0 ? start : start + String(repeating: "x", count: 128 - start.utf8.count)
        return try ProviderReference(provider, account: account, text)
    }

    /// Payments with transactions in every state that may be, in an order that is neither that of their names nor of
    /// their moments.
    func movedPayments(in workspace: Identifier<Workspace>) throws(TammError) -> [Payment] {
        let uses: [PaymentTransaction.Use] =
            [.applied] + PaymentTransaction.Unapplied.allCases.map { .unapplied($0) }
        let moments = [base, Timestamp.max, .min, .epoch]
        let amounts = [Money.maxMinorUnits, 0, 1]
        let currencies = [Currency.egp, try Currency("KWD"), try Currency("JPY")]
        var rows: [PaymentTransaction] = []
        for progress in PaymentTransaction.Progress.allCases {
            for dispute in PaymentTransaction.Dispute.allCases {
                for use in progress == .captured ? uses : [nil] as [PaymentTransaction.Use?] {
                    let index = rows.count
                    let money: Money? =
                        progress < .authorized
                        ? nil : try Money(minorUnits: amounts[index % 3], currencies[index % currencies.count])
                    rows.append(
                        PaymentTransaction(
                            id: "\(99 - index)", progress: progress, money: money,
                            refunded: [0, 1, .max][index % 3], isVoided: index % 2 == 0, dispute: dispute, use: use,
                            firstSeenAt: moments[index % 4]))
                }
            }
        }
        rows.append(
            PaymentTransaction(
                id: longText, progress: .captured, money: nil, refunded: 0, isVoided: false, dispute: .none, use: nil,
                firstSeenAt: base))
        let size = uses.count - 1
        return try stride(from: 0, to: rows.count, by: size).map { start throws(TammError) in
            try payment(of: workspace, Array(rows[start..<min(rows.count, start + size)]))
        } + [
            try payment(of: workspace, (0..<Payment.maximumTransactions).map { transaction("t\(($0 * 7) % 16)") })
        ]
    }
}
