internal import Logging

/// Gates and meters work that costs credits: entitlement, allowance, hold, the work itself, and its settlement.
///
/// A customer without the entitlement, the allowance or the credits is refused before the work begins. Work that
/// fails, is cancelled or breaks off costs nothing. The same key never does the work twice once it has been settled.
public struct Metering: Sendable {
    private let wallets: Wallets
    private let plans: Plans
    private let prices: PriceBook
    private let time: TimeSource
    private let logger = Logger(label: "tamm.metering")

    public init(wallets: Wallets, plans: Plans, prices: PriceBook, time: TimeSource) {
        self.wallets = wallets
        self.plans = plans
        self.prices = prices
        self.time = time
    }

    /// Does `work` against a hold of what it costs at most, and charges what it has used.
    ///
    /// The work reports its usage to the ``UsageMeter`` it is given; where it reports none the estimate is charged.
    /// What it used above the estimate is charged by the order's policy. When `work` throws, its hold is released
    /// and the error is thrown on; with ``MeteredOrder/chargesWhatFailed`` what it had reported is charged first.
    /// Settling is done although the task be cancelled meanwhile.
    ///
    /// - Throws: what `work` throws; a ``TammError``: `notFound` for a model or channel without a price, and as
    ///   ``Wallets/submit(_:as:)``.
    public func run<Value: Sendable>(
        _ order: MeteredOrder, as principal: Principal, _ work: (UsageMeter) async throws -> Value
    ) async throws -> MeteredOutcome<Value> {
        guard let (plan, assignment) = try await plans.plan(of: order.wallet.workspace, as: .service) else {
            return .refused(.noPlan)
        }
        if let feature = order.feature, !plan.enables(feature) { return .refused(.notEntitled(feature)) }
        let estimate = try prices.cost(of: order.estimate)
        let quota = try claim(order.estimate, plan, assignment)
        let hold: Identifier<Hold>
        switch try await reserve(order, estimate, quota, as: principal) {
        case .applied(let receipt):
            guard let made = receipt.hold else { throw TammError(.corrupted, "the receipt of \(order.key) names no hold") }
            hold = made
        case .replayed(let receipt):
            guard let made = receipt.hold, try await isOpen(made, in: order.wallet) else {
                return .refused(.alreadyDone(receipt))
            }
            hold = made
        case .refused(let refusal): return .refused(.wallet(refusal))
        }
        let meter = UsageMeter()
        let value: Value
        do {
            value = try await work(meter)
        } catch {
            let used = order.chargesWhatFailed ? meter.usage : nil
            do {
                _ = try await shielded { try await settle(order, hold, used, quota, as: principal) }
            } catch {
                logger.warning("hold of failed work is left to expire", metadata: ["hold": "\(hold)", "error": "\(error)"])
            }
            throw error
        }
        let used = meter.usage ?? order.estimate
        return .done(value, try await shielded { try await settle(order, hold, used, quota, as: principal) })
    }

    /// Charges usage that has happened already, once, however often it is reported and however late.
    ///
    /// It is booked now, with the time at which it happened; what there are no credits for is owed.
    ///
    /// - Throws: `invalidInput` for a time ahead of now, `notFound` without a price, and as ``Wallets/submit(_:as:)``.
    public func record(
        _ usage: Usage, id: UsageEvent.ID, occurredAt: Timestamp, from wallet: Wallet, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        guard occurredAt <= time.now() else {
            throw TammError(.invalidInput, "usage happened before it is recorded, found \(occurredAt)", field: "occurredAt")
        }
        let cost = try prices.cost(of: usage)
        let event = UsageEvent(
            workspace: wallet.workspace, id: id, usage: usage, cost: cost, priceBook: prices.version,
            occurredAt: occurredAt)
        return try await wallets.debit(
            cost, shortfall: .owe, from: wallet, key: id.appending(":usage"), occurredAt: occurredAt, usage: [event],
            as: principal)
    }

    private func claim(
        _ usage: Usage, _ plan: PlanVersion, _ assignment: PlanAssignment
    ) throws(TammError) -> QuotaClaim? {
        guard let limit = plan.metered(usage.meter.name)?.maximum else { return nil }
        let month = assignment.month(at: time.now())
        return try QuotaClaim(
            meter: usage.meter, quantity: UInt64(usage.quantity), limit: UInt64(limit), periodStart: month.lowerBound,
            resetsAt: month.upperBound)
    }

    private func reserve(
        _ order: MeteredOrder, _ estimate: Credits, _ quota: QuotaClaim?, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await wallets.hold(
            max(estimate, Credits(unchecked: 1)), in: order.wallet, lifetime: order.lifetime, quota: quota,
            key: order.key, as: principal)
    }

    private func isOpen(_ id: Identifier<Hold>, in wallet: Wallet) async throws(TammError) -> Bool {
        try await wallets.hold(id, in: wallet).map { $0.status == .open && $0.expiresAt > time.now() } ?? false
    }

    /// Charges `used`, or releases the hold where it is nil. Where the hold has run out meanwhile, what was used is
    /// charged without it.
    private func settle(
        _ order: MeteredOrder, _ hold: Identifier<Hold>, _ used: Usage?, _ quota: QuotaClaim?, as principal: Principal
    ) async throws(TammError) -> WalletReceipt {
        guard let used else {
            return try done(
                await wallets.release(hold, in: order.wallet, key: order.key.appending(":release"), as: principal))
        }
        let cost = try prices.cost(of: used)
        let event = UsageEvent(
            workspace: order.wallet.workspace, id: order.key, usage: used, cost: cost, priceBook: prices.version,
            occurredAt: time.now())
        var actual = quota
        if let quota { actual = try quota.claiming(used.quantity) }
        let captured = try await wallets.capture(
            hold, cost, shortfall: order.aboveEstimate, in: order.wallet, usage: [event],
            quota: actual, key: order.key.appending(":settle"), as: principal)
        guard case .refused(.holdClosed) = captured else { return try done(captured) }
        return try done(
            await wallets.debit(
                cost, shortfall: order.aboveEstimate, from: order.wallet, key: order.key.appending(":late"),
                usage: [event], as: principal))
    }

    private func done(_ outcome: WalletOutcome) throws(TammError) -> WalletReceipt {
        switch outcome {
        case .applied(let receipt), .replayed(let receipt): return receipt
        case .refused(let refusal): throw TammError(.conflict, "the work could not be settled: \(refusal)")
        }
    }
}

/// Runs `body` to its end although the calling task be cancelled.
private func shielded<Value: Sendable>(_ body: sending @escaping () async throws -> Value) async throws -> Value {
    try await Task { try await body() }.value
}
