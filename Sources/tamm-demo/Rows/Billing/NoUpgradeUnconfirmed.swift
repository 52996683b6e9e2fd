import TammCore
import TammTesting

/// Generated sequences of all that happens without a confirmation raise no plan; with one, exactly one is raised.
struct NoUpgradeUnconfirmed: LaunchRow {
    static let id = "billing.no-upgrade-unconfirmed"
    static let title = "no sequence of events without a confirmation raises a plan"

    private static let events = 12

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let sequences = context.isPostgres ? 20 : 200  // A database each.
        row.did(
            "ran \(sequences) generated sequences of \(Self.events) events over three workspaces, reading the plans after each")
        let counts = try await run(sequences, confirming: false, row, context)
        row.expect(counts.count, equals: Event.allCases.count, "kinds of events that occurred")
        row.did("ran \(sequences / 2) more of them with one confirmation in each, at any place")
        _ = try await run(sequences / 2, confirming: true, row, context)
    }

    /// - Returns: how often each kind of event has occurred.
    private func run(
        _ sequences: Int, confirming: Bool, _ row: RowRecorder, _ context: DemoContext
    ) async throws -> [String: Int] {
        let wanted = confirming ? 1 : 0
        var seeds = SplitMix64(seed: context.seed)
        var counts: [String: Int] = [:]
        var raised = 0
        for _ in 0..<sequences {
            let seed = seeds.next()
            var street = try await Street(context, seed: seed)
            let place = confirming ? Int(seed % UInt64(Self.events)) : nil
            let found = try await street.play(Self.events, confirmingAt: place)
            raised += found
            counts.merge(street.counts) { $0 + $1 }
            let story = "\(seed): \(street.story.joined(separator: ", "))"
            let report = try await street.house.wallets.verify(as: .service)
            row.expect(report.findings.map(\.description), equals: [], "the ledger's findings for sequence \(story)")
            guard row.expect(found, equals: wanted, "plans raised by sequence \(story)") else { break }
        }
        let events = counts.sorted { $0.key < $1.key }.map { "\($1) × \($0)" }
        row.evidence("\(raised) plans raised by " + events.joined(separator: ", "))
        return counts
    }
}

/// What happens of itself, by a customer or by a provider, and is no confirmation.
private enum Event: String, CaseIterable {
    case opened, claimed, rejected, declined, pending, reserved, redirected, forged
    case selfConfirmed = "confirmed by a member"
    case changed = "told that something changed"
    case ended = "scheduled to end or go down"
    case resumed
    case clock = "clock runs"
    case waited
}

/// Three workspaces without a plan, on the free one and on a paid one, and a sequence of events that happens to them.
private struct Street {
    let house: DemoHouse
    private let shops: [DemoShop]
    private let desk: PaymobDesk
    private var random: SplitMix64
    private var opened: [[Payment]]
    private var ranks: [Int64]
    /// What has happened, in order.
    private(set) var story: [String] = []
    private(set) var counts: [String: Int] = [:]

    init(_ context: DemoContext, seed: UInt64) async throws {
        let provider = SimulatedProvider(.paymob, account: "\(RecordedDelivery.paymobOwnerID)")
        house = try await DemoHouse(context, plan: "free", provider: provider)
        desk = try PaymobDesk(house, context)
        random = SplitMix64(seed: seed)
        let paid = try await DemoShop(house, named: "Paid")
        let planless = try await DemoShop(house, named: "Planless", plan: nil)
        shops = [DemoShop(house), paid, planless]
        try await paid.buy("starter")
        opened = shops.map { _ in [] }
        ranks = []
        for shop in shops { ranks.append(try await shop.rank()) }
    }

    /// How many plans were raised.
    mutating func play(_ events: Int, confirmingAt place: Int?) async throws -> Int {
        var raised = 0
        for number in 0..<events {
            if number == place {
                try await confirm()
                raised += try await raises()
            }
            let event = Event.allCases[pick(Event.allCases.count)]
            story.append(event.rawValue)
            counts[event.rawValue, default: 0] += 1
            try await happen(event, to: pick(shops.count))
            raised += try await raises()
        }
        return raised
    }

    /// Compares every workspace's plan with the one before.
    private mutating func raises() async throws -> Int {
        var raised = 0
        for index in shops.indices {
            let rank = try await shops[index].rank()
            if rank > ranks[index] { raised += 1 }
            ranks[index] = rank
        }
        return raised
    }

    /// The first workspace opens a payment for a higher plan than the free one, and the money comes.
    private mutating func confirm() async throws {
        story.append("confirmed")
        counts["confirmed", default: 0] += 1
        let payment = try await shops[0].open(.plan(PlanID("growth"), per: .month), key: "confirmed")
        let callback = PaymobTransactionCallback.payment(of: payment.order)
            .with(["id": "777", "amount_cents": "\(payment.amount.minorUnits)"])
        try await desk.receive(desk.signed(callback))
    }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    // MARK: Events

    private mutating func happen(_ event: Event, to index: Int) async throws {
        let shop = shops[index]
        switch event {
        case .opened: try await open(index)
        case .waited: house.time.advance(by: .seconds(Int64(1) << Int64(8 + pick(15))))
        case .clock: _ = try await house.clock.run()
        case .resumed: _ = try await house.subscriptions.resume(in: shop.workspace.id, as: shop.owner)
        case .ended:
            let free = try PlanVersionReference(PlanID("free"), version: 1)
            _ = try await house.subscriptions.endLater(
                pick(2) == 0 ? .cancel : .move(to: free), in: shop.workspace.id, as: shop.owner)
        default:
            if opened[index].isEmpty { try await open(index) }
            guard let payment = opened[index].isEmpty ? nil : opened[index][pick(opened[index].count)] else { return }
            try await happen(event, to: payment, of: shop)
        }
    }

    private mutating func open(_ index: Int) async throws {
        let plans = ["starter", "growth", "enterprise"]
        let request = PurchaseRequest.plan(try PlanID(plans[pick(3)]), per: pick(2) == 0 ? .month : .year)
        let shop = shops[index]
        let outcome = try await house.payments.open(
            request, in: .egp, with: pick(2) == 0 ? .paymob : .instaPay, for: shop.workspace.id,
            key: IdempotencyKey("order-\(opened[index].count)-\(random.next())"), as: shop.owner)
        if let payment = outcome.value { opened[index].append(payment) }
    }

    private mutating func happen(_ event: Event, to payment: Payment, of shop: DemoShop) async throws {
        let callback = PaymobTransactionCallback.payment(of: payment.provider == .paymob ? payment.order : nil)
            .with(["amount_cents": "\(payment.amount.minorUnits)", "id": "\(1 + pick(6))"])
        switch event {
        case .claimed:
            _ = try await house.payments.claim(
                payment.place, reference: "T\(pick(12))", as: shop.owner)
        case .rejected:
            _ = try await house.payments.rejectTransfer(payment.place, because: "not there", as: house.admin)
        case .selfConfirmed:
            do throws(TammError) {
                _ = try await house.payments.confirmTransfer(payment.place, received: payment.amount, as: shop.owner)
            } catch { guard error.code == .forbidden else { throw error } }
        case .forged:
            do throws(TammError) {
                try await desk.receive(.init(body: callback.body, hmac: RecordedDelivery.paymobSample.signature))
            } catch { guard error.code == .unauthenticated else { throw error } }
        case .redirected:
            let hmac = try desk.signed(callback).hmac ?? ""
            _ = try desk.scheme.verifyForDisplay(query: callback.query(hmac: hmac))
        case .declined: try await receive(callback.with(["success": "false"]), for: payment)
        case .pending: try await receive(callback.with(["success": "false", "pending": "true"]), for: payment)
        case .reserved: try await receive(callback.with(["is_auth": "true"]), for: payment)
        case .changed: try await receive(callback.with(["has_parent_transaction": "true"]), for: payment)
        case .opened, .ended, .resumed, .clock, .waited: break
        }
    }

    /// A transfer has no callbacks.
    private func receive(_ callback: PaymobTransactionCallback, for payment: Payment) async throws {
        guard payment.provider == .paymob else { return }
        try await desk.receive(desk.signed(callback))
    }
}

extension DemoShop {
    /// The rank of the plan that the workspace has; below every plan's where it has none.
    fileprivate func rank() async throws -> Int64 {
        guard let version = try await house.plans.plan(of: workspace.id, as: .service)?.version else { return -1 }
        return try house.rules.catalogue.plan(version.reference.plan).rank
    }
}
