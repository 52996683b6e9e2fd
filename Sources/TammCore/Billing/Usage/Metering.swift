internal import Logging

/// Gates and meters work that costs credits: entitlement, allowance, hold, the work itself, and its settlement.
///
/// A customer without the entitlement, the allowance or the credits is refused before the work begins. Work that
/// fails, is cancelled or breaks off costs nothing. Work is charged once, however often its order is tried again;
/// what has been used is never lost: what there are no credits for is owed, and work that could not be settled is
/// handed back with the reason, to be settled later.
///
/// The wallet's keys that begin with an order's key and end in `:hold1` … `:hold10`, `:settle`, `:release…`
/// and `:usage` are Metering's.
public struct Metering: Sendable {
    private let wallets: Wallets
    private let plans: Plans
    private let prices: PriceBook
    private let time: TimeSource
    private let logger = Logger(label: "tamm.metering")

    /// How often one order may be begun.
    public static let maximumAttempts = 10

    public init(wallets: Wallets, plans: Plans, prices: PriceBook, time: TimeSource) {
        self.wallets = wallets
        self.plans = plans
        self.prices = prices
        self.time = time
    }

    /// Does `work` against a hold of what it costs at most, and charges what it has used.
    ///
    /// The work reports its usage to the ``UsageMeter`` it is given; where it reports none, or something without a
    /// price, the estimate is charged. When `work` throws, its hold is released and the error is thrown on; with
    /// ``MeteredOrder/chargesWhatFailed`` what it had reported is charged. An order whose hold is open, after a crash
    /// or because it is being worked on, is begun again on the same hold. Settling goes on although the task be
    /// cancelled.
    ///
    /// - Throws: what `work` throws; a ``TammError``: `notFound` for an estimate without a price, `conflict` after
    ///   ``maximumAttempts`` attempts, and as ``Wallets/submit(_:as:)``.
    public func run<Value: Sendable>(
        _ order: MeteredOrder, as principal: Principal, _ work: (UsageMeter) async throws -> Value
    ) async throws -> MeteredOutcome<Value> {
        try await wallets.authorize(.spendCredits, in: order.wallet.workspace, as: principal)
        guard let plan = try await plans.plan(of: order.wallet.workspace, as: .service) else {
            return .refused(.noPlan)
        }
        if let feature = order.feature, !plan.version.enables(feature) { return .refused(.notEntitled(feature)) }
        let hold: Identifier<Hold>
        switch try await reserve(order, claim(order.estimate, plan), as: principal) {
        case .reserved(let made): hold = made
        case .refused(let refusal): return .refused(refusal)
        }
        let meter = UsageMeter()
        let value: Value
        do {
            value = try await work(meter)
        } catch {
            await giveUp(order, hold, meter.usage, as: principal)
            throw error
        }
        let used = meter.usage ?? order.estimate
        do throws(TammError) {
            return .done(
                value,
                try await shielded { () async throws(TammError) in
                    try await settle(order, used: used, hold, as: principal)
                })
        } catch {
            logger.error("work is done and not charged", metadata: ["key": "\(order.key)", "error": "\(error)"])
            return .unsettled(value, used, error)
        }
    }

    /// Charges the work of an order that was done and could not be settled; once.
    ///
    /// - Throws: as ``Wallets/submit(_:as:)``; try again.
    public func settle(
        _ order: MeteredOrder, used: Usage, as principal: Principal
    ) async throws(TammError) -> WalletReceipt {
        try await wallets.authorize(.spendCredits, in: order.wallet.workspace, as: principal)
        let past = try await past(of: order)
        if let receipt = past.settlement { return receipt }
        return try await settle(order, used: used, past.holds.last, as: principal)
    }

    /// Charges usage that has happened already, once, however often it is reported and however late.
    ///
    /// It is booked now, with the time at which it happened; what there are no credits for is owed, or left out and
    /// told in the receipt's shortfall where no more may be owed. It counts against
    /// the plan's allowance, also beyond it.
    ///
    /// - Parameter id: at most 240 bytes.
    /// - Throws: `invalidInput` for a time ahead of now, `notFound` without a price, and as ``Wallets/submit(_:as:)``.
    public func record(
        _ usage: Usage, id: UsageEvent.ID, occurredAt: Timestamp, from wallet: Wallet, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await wallets.authorize(.spendCredits, in: wallet.workspace, as: principal)
        guard occurredAt <= time.now() else {
            throw TammError(.invalidInput, "usage happened before it is recorded, found \(occurredAt)", field: "occurredAt")
        }
        let key = try id.appending(":usage")
        let cost = try prices.cost(of: usage)
        let event = UsageEvent(
            workspace: wallet.workspace, id: id, usage: usage, cost: cost, priceBook: prices.version,
            occurredAt: occurredAt)
        var quota: QuotaClaim?
        if let plan = try await plans.plan(of: wallet.workspace, as: .service) { quota = try claim(usage, plan) }
        let claimed = quota
        func submit(_ policy: ShortfallPolicy) async throws(TammError) -> WalletOutcome {
            try await wallets.submit(
                WalletCommand(
                    .debit(cost, shortfall: policy), wallet: wallet.id, in: wallet.workspace, key: key,
                    occurredAt: occurredAt, usage: [event], quota: claimed),
                as: principal)
        }
        do throws(TammError) {
            let outcome = try await submit(.owe)
            switch outcome {
            case .refused(.tooManyReceivables), .refused(.aboveMaximum): return try await submit(.cap)
            default: return outcome
            }
        } catch {
            // The same usage at another price or under another plan was recorded at those of its day.
            guard error.code == .conflict, ["amount", "quota", "shortfall"].contains(error.field),
                let earlier = try await wallets.receipts([key], in: wallet)[0]
            else { throw error }
            return .replayed(earlier)
        }
    }

    private func claim(_ usage: Usage, _ plan: Plans.Standing) throws(TammError) -> QuotaClaim? {
        guard let limit = plan.version.metered(usage.meter.name)?.maximum else { return nil }
        return try QuotaClaim(
            meter: usage.meter, quantity: UInt64(max(0, usage.quantity)), limit: UInt64(limit),
            periodStart: plan.month.lowerBound, resetsAt: plan.month.upperBound)
    }

    // MARK: Attempts

    /// What an order has led to so far.
    private struct Past {
        var settlement: WalletReceipt?
        /// In the order of the attempts.
        var holds: [Identifier<Hold>]
    }

    private func past(of order: MeteredOrder) async throws(TammError) -> Past {
        var keys = [try order.key.appending(":settle")]
        for attempt in 1...Self.maximumAttempts { keys.append(try order.key.appending(":hold\(attempt)")) }
        let receipts = try await wallets.receipts(keys, in: order.wallet)
        return Past(settlement: receipts[0], holds: receipts[1...].compactMap { $0?.hold })
    }

    private enum Reservation {
        case reserved(Identifier<Hold>)
        case refused(MeteringRefusal)
    }

    private func reserve(
        _ order: MeteredOrder, _ quota: QuotaClaim?, as principal: Principal
    ) async throws(TammError) -> Reservation {
        let past = try await past(of: order)
        if let receipt = past.settlement { return .refused(.alreadyDone(receipt)) }
        if let last = past.holds.last, let hold = try await wallets.hold(last, in: order.wallet),
            hold.status == .open, hold.expiresAt > time.now()
        {
            return .reserved(last)
        }
        guard past.holds.count < Self.maximumAttempts else {
            throw TammError(.conflict, "\(order.key) was begun \(Self.maximumAttempts) times and never done")
        }
        let outcome = try await wallets.hold(
            max(prices.cost(of: order.estimate), Credits(unchecked: 1)), in: order.wallet, lifetime: order.lifetime,
            quota: quota, key: order.key.appending(":hold\(past.holds.count + 1)"), as: principal)
        switch outcome {
        case .refused(let refusal): return .refused(.wallet(refusal))
        case .applied(let receipt), .replayed(let receipt):
            guard let hold = receipt.hold else {
                throw TammError(.corrupted, "the receipt of \(receipt.key) names no hold")
            }
            return .reserved(hold)
        }
    }

    // MARK: Settlement

    /// Charges what was used, from the hold where it is still open.
    private func settle(
        _ order: MeteredOrder, used: Usage, _ hold: Identifier<Hold>?, as principal: Principal
    ) async throws(TammError) -> WalletReceipt {
        var row: Hold?
        if let hold { row = try await wallets.hold(hold, in: order.wallet) }
        let (used, cost) = try price(of: used, order, row)
        let event = UsageEvent(
            workspace: order.wallet.workspace, id: try order.key.appending(":usage"), usage: used, cost: cost,
            priceBook: prices.version, occurredAt: time.now())
        var reserved: QuotaClaim?
        if let hold, let row {
            reserved = row.quota
            var quota = row.quota
            if let claim = row.quota, claim.meter == used.meter { quota = try claim.claiming(used.quantity) }
            let outcome = try await charge(
                order, .capture(hold, cost, shortfall: order.aboveEstimate), event, quota, as: principal)
            switch outcome {
            case .applied(let receipt): return receipt
            case .replayed(let receipt):
                if receipt.hold != hold { try await release(hold, of: order, as: principal) }
                return receipt
            case .refused(.holdClosed(.expired)), .refused(.holdClosed(.released)): break
            case .refused(let refusal): throw TammError(.conflict, "the work was not settled: \(refusal)")
            }
        }
        if let claim = reserved, claim.meter == used.meter { reserved = try claim.claiming(used.quantity) }
        let outcome = try await charge(
            order, .debit(cost, shortfall: order.aboveEstimate), event, reserved, as: principal)
        guard let receipt = outcome.receipt else {
            throw TammError(.conflict, "the work was not settled: \(outcome)")
        }
        return receipt
    }

    /// Submits a charge. Where no more may be owed, what is covered is charged and the rest is left out; where another
    /// attempt has settled the order, its settlement is the answer; where an event of that name is recorded already
    /// for something else, the charge goes without one.
    private func charge(
        _ order: MeteredOrder, _ action: WalletCommand.Action, _ event: UsageEvent,
        _ quota: QuotaClaim?, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        let key = try order.key.appending(":settle")
        var (action, usage) = (action, [event])
        while true {
            let outcome: WalletOutcome
            do throws(TammError) {
                outcome = try await wallets.submit(
                    WalletCommand(
                        action, wallet: order.wallet.id, in: order.wallet.workspace, key: key, usage: usage,
                        quota: quota),
                    as: principal)
            } catch {
                guard error.code == .conflict, let receipt = try await past(of: order).settlement else { throw error }
                return .replayed(receipt)
            }
            guard case .refused(let refusal) = outcome else { return outcome }
            switch (refusal, action) {
            case (.usageRecorded, _) where !usage.isEmpty:
                if let receipt = try await past(of: order).settlement { return .replayed(receipt) }
                usage = []
            case (.tooManyReceivables, .capture(let hold, let amount, shortfall: .owe)),
                (.aboveMaximum, .capture(let hold, let amount, shortfall: .owe)):
                action = .capture(hold, amount, shortfall: .cap)
            case (.tooManyReceivables, .debit(let amount, shortfall: .owe)),
                (.aboveMaximum, .debit(let amount, shortfall: .owe)):
                action = .debit(amount, shortfall: .cap)
            default: return outcome
            }
            logger.warning("usage is charged in part", metadata: ["key": "\(key)", "refusal": "\(refusal)"])
        }
    }

    /// What was used and what it costs: the estimate where the price book has no price for it, and what was held
    /// where it has none for that any more.
    private func price(
        of used: Usage, _ order: MeteredOrder, _ hold: Hold?
    ) throws(TammError) -> (Usage, Credits) {
        do throws(TammError) {
            try used.checkText()
            return (used, try prices.cost(of: used))
        } catch {
            logger.error("usage has no price; the estimate is charged", metadata: ["key": "\(order.key)", "error": "\(error)"])
        }
        do throws(TammError) {
            return (order.estimate, try prices.cost(of: order.estimate))
        } catch {
            guard let hold else { throw error }
            return (order.estimate, hold.amount)
        }
    }

    private func release(
        _ hold: Identifier<Hold>, of order: MeteredOrder, as principal: Principal
    ) async throws(TammError) {
        _ = try await wallets.release(
            hold, in: order.wallet, key: order.key.appending(":release-\(hold)"), as: principal)
    }

    /// Ends an order whose work failed; a hold that cannot be released now runs out by itself.
    private func giveUp(
        _ order: MeteredOrder, _ hold: Identifier<Hold>, _ used: Usage?, as principal: Principal
    ) async {
        do throws(TammError) {
            try await shielded { () async throws(TammError) in
                if order.chargesWhatFailed, let used {
                    _ = try await settle(order, used: used, hold, as: principal)
                } else {
                    try await release(hold, of: order, as: principal)
                }
            }
        } catch {
            logger.error(
                "failed work was not settled",
                metadata: ["key": "\(order.key)", "used": "\(used.map { "\($0)" } ?? "nothing")", "error": "\(error)"])
        }
    }
}

/// Runs `body` to its end although the calling task be cancelled.
private func shielded<Value: Sendable>(
    _ body: sending @escaping () async throws(TammError) -> Value
) async throws(TammError) -> Value {
    let result = await Task { () -> Result<Value, TammError> in
        do throws(TammError) { return .success(try await body()) } catch { return .failure(error) }
    }.value
    return try result.get()
}
