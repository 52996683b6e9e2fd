import TammCore

/// The events under one schedule.
struct ClockRun {
    private let world: PurchaseWorld
    private let schedule: ClockSchedule
    private let start: Timestamp
    private let kind: ClockProperties.Kind
    private let currency: Currency
    private let catalogue: PlanCatalogue
    private var random: SplitMix64
    private var spent = 0
    private var opened: [Int: [PaymentPlace]] = [:]

    init(
        store: any TammStore, scenario: PurchaseScenario, rules: PurchaseRules, schedule: ClockSchedule, seed: UInt64,
        kind: ClockProperties.Kind
    ) async throws {
        start = scenario.starts[Int(seed / 8 % UInt64(scenario.starts.count))]
        world = try await PurchaseWorld(store: store, rules: rules, workspaces: 2, start: start, seed: seed)
        self.schedule = schedule
        self.kind = kind
        currency = scenario.currencies[0]
        catalogue = scenario.catalogue
        random = SplitMix64(seed: seed ^ UInt64(schedule.rawValue.utf8.count))
    }

    /// What everything comes to, a line for each thing.
    func run(_ events: [ClockEvent]) async throws -> [String] {
        var run = self
        return try await run.result(events)
    }

    private mutating func result(_ events: [ClockEvent]) async throws -> [String] {
        for event in events {
            try await pass(to: start.advanced(by: event.at))
            try await perform(event)
            if schedule == .often { _ = try await world.clock.run() }
        }
        for _ in 0..<3 { _ = try await world.clock.run() }
        var lines: [String] = []
        for index in world.workspaces.indices {
            _ = try await world.wallets.tidy(
                world.walletRows[index], key: IdempotencyKey("tidy:end"), as: .service)
            let state = try await world.look(index)
            lines.append("workspace \(index): \(state.stored.map(digest) ?? "nothing")")
            lines.append("workspace \(index): \(state.balance)")
            let months = state.grants.values.filter(\.isUnpaidMonth).map { "\($0.terms.effectiveAt ?? .min) \($0.terms.amount)" }
            lines.append("workspace \(index): months \(months.sorted())")
            for payment in state.payments where kind == .cards || opened[index]?.contains(payment.place) ?? false {
                lines.append("workspace \(index): \(digest(payment))")
            }
        }
        return lines
    }

    private func digest(_ subscription: Subscription) -> String {
        """
        \(subscription.plan) \(subscription.state) \(subscription.terms.map { "\($0)" } ?? "") from \(subscription.anchor), \
        credited to \(subscription.creditedThrough), ending \(subscription.ending.map { "\($0)" } ?? "none"), \
        \(subscription.hadTrial)
        """
    }

    private func digest(_ payment: Payment) -> String {
        let rows = payment.transactions.map { "\($0.captured) \($0.returned) \($0.use.map { "\($0)" } ?? "")" }
        let grants = payment.grants.map { "\($0.amount) \($0.withdrawn) \($0.disputed)" }
        return "\(payment.purpose) \(payment.status) \(payment.period.map { "\($0)" } ?? "") \(rows) \(grants)"
    }

    // MARK: Time

    private mutating func pass(to moment: Timestamp) async throws {
        switch schedule {
        case .often:
            let sixtieth = (moment.microseconds - world.time.now.microseconds) / 1_000_000 / 60
            let step = kind == .cards ? 12 * 3600 : max(6 * 3600, sixtieth)
            while world.time.now.advanced(by: .seconds(step)) < moment {
                world.time.advance(by: .seconds(step))
                _ = try await world.clock.run()
            }
            world.time.set(moment)
            _ = try await world.clock.run()
        case .atTheEnd: world.time.set(moment)
        case .atTimes, .byTwo:
            let longest = kind == .cards ? 86_000 : 40 * 86_400
            while true {
                let next = world.time.now.advanced(by: .seconds(Int.random(in: 1...longest, using: &random)))
                guard next < moment else { break }
                world.time.set(next)
                try await runSomehow()
            }
            world.time.set(moment)
        }
    }

    private mutating func runSomehow() async throws {
        let clock = world.clock
        if schedule == .byTwo {
            async let first = clock.run()
            async let second = clock.run()
            _ = try await (first, second)
            return
        }
        switch kind == .cards ? 3 : Int.random(in: 0...3, using: &random) {
        case 0: _ = try await clock.run(limit: 1)
        case 1:
            world.store.fail(at: Int.random(in: 1...8, using: &random))
            defer { world.store.fail(at: nil) }
            do throws(TammError) { _ = try await clock.run() } catch {
                guard error.code == .unavailable else { throw error }
            }
        case 2: for _ in 0..<2 { _ = try await clock.run() }
        default: _ = try await clock.run()
        }
    }

    // MARK: Events

    private func payment(_ number: Int, _ workspace: Int) async throws -> Payment? {
        guard let places = opened[workspace], !places.isEmpty else { return nil }
        return try await world.payments.payment(places[places.count - 1 - number % places.count], as: .service)
    }

    private mutating func perform(_ event: ClockEvent) async throws {
        let index = event.workspace % world.workspaces.count
        let (workspace, subscriptions) = (world.workspaces[index], world.subscriptions)
        switch event.action {
        case .begin(let plan): _ = try await subscriptions.begin(plan, in: workspace, as: .service)
        case .beginTrial(let plan): _ = try await subscriptions.beginTrial(of: plan, in: workspace, as: .service)
        case .endLater(let plan):
            let ending: Subscription.Ending =
                if let plan { .move(to: try catalogue.current(of: plan).reference) } else { .cancel }
            _ = try await subscriptions.endLater(ending, in: workspace, as: .service)
        case .resume: _ = try await subscriptions.resume(in: workspace, as: .service)
        case .cancel: _ = try await subscriptions.cancel(in: workspace, as: .service)
        case .assign(let plan): _ = try await subscriptions.assign(plan, to: workspace, as: .service)
        case .buy(let request, let isSavingCard):
            guard let payment = try await open(request, event, index) else { return }
            try await pay(payment)
            if isSavingCard, let order = payment.order {
                _ = try await world.payments.save(
                    cardFor: order, token: Secret("token"), maskedNumber: "2346", brand: "MasterCard")
            }
        case .open(let request): _ = try await open(request, event, index)
        case .pay(let number):
            if let payment = try await payment(number, index) { try await pay(payment) }
        case .spend(let percent):
            _ = try await world.clock.run()
            let available = try await world.wallets.balance(of: world.walletRows[index], as: .service).available.micro
            let share = Int64(Int128(available) * Int128(percent) / 100)
            guard share > 0 else { return }
            spent += 1
            _ = try await world.wallets.debit(
                Credits(unchecked: share), from: world.walletRows[index], key: IdempotencyKey("spent:\(spent)"), as: .service)
        case .nothing: break
        default: try await administer(event.action, index)
        }
    }

    private func administer(_ action: ClockEvent.Action, _ index: Int) async throws {
        switch action {
        case .refund(let number, let percent):
            guard let payment = try await payment(number, index),
                let row = payment.transactions.first(where: { $0.captured > $0.returned }), let money = row.money
            else { return }
            let part = min(row.captured - row.returned, max(1, row.captured * percent / 100))
            _ = try await world.payments.refund(
                Money(minorUnits: part, money.currency), transaction: row.id, of: payment.place,
                key: IdempotencyKey("refund-\(row.returned)"), because: "asked", as: .service)
        case .dispute(let number, let dispute):
            guard let payment = try await payment(number, index),
                let row = payment.transactions.first(where: { $0.captured > 0 && $0.dispute < dispute })
            else { return }
            for notice in try world.simulated.change(row.id, { $0.dispute = dispute }) {
                try await world.payments.receive(notice)
            }
        case .applyKept(let number):
            guard let payment = try await payment(number, index),
                let row = payment.transactions.first(where: { $0.unapplied > 0 })
            else { return }
            _ = try await world.payments.apply(row.id, of: payment.place, because: "asked", as: .service)
        default: break
        }
    }

    private func key(_ event: ClockEvent) throws(TammError) -> IdempotencyKey {
        try IdempotencyKey("event:\(event.at.components.seconds):\(event.at.components.attoseconds):\(event.workspace)")
    }

    private mutating func open(
        _ request: PurchaseRequest, _ event: ClockEvent, _ index: Int
    ) async throws -> Payment? {
        let key = try key(event).appending(":\(opened[index]?.count ?? 0)")
        let outcome = try await world.payments.open(
            request, in: currency, with: .paymob, for: world.workspaces[index], key: key, as: .service)
        guard let payment = outcome.value else { return nil }
        opened[index, default: []].append(payment.place)
        return payment
    }

    private func pay(_ payment: Payment) async throws {
        guard let order = payment.order else { return }
        for notice in try world.simulated.charge(order, payment.amount) { try await world.payments.receive(notice) }
    }
}
