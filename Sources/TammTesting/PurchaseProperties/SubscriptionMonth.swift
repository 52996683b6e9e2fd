public import TammCore

/// A month of many subscriptions that run beside one another: renewals by card and by hand, declined and late; upgrades,
/// packs, refunds, disputes; the clock once an hour or oftener.
///
/// After every step each property looks at the workspaces that it touched; at the end of each day nothing else has
/// changed and all of the money adds up; at the end every ledger verifies.
public struct SubscriptionMonth: Sendable {
    /// What happened and what it took.
    public struct Report: Sendable {
        /// A property that did not hold, in words.
        public internal(set) var failures: [String] = []
        /// Runs of the clock, and events from outside.
        public internal(set) var steps = 0
        /// By name: what happened how often.
        public internal(set) var events: [String: Int] = [:]
        /// How often a workspace was checked after a step that touched it.
        public internal(set) var checks = 0
        /// What Tamm took for its slowest step, the checks left out.
        public internal(set) var slowest = Duration.zero
        public internal(set) var slowestStep = ""
        /// What all steps took, the checks left out.
        public internal(set) var working = Duration.zero
    }

    /// How many workspaces there are, each with a subscription that is paid to some moment in the month.
    public let subscriptions: Int
    public let days: Int
    public let clockRunsPerHour: Int

    private let scenario: PurchaseScenario
    private let makeStore: @Sendable () async throws -> any TammStore

    /// - Parameters:
    ///   - subscriptions: how many, 1 or more.
    ///   - days: how long it lasts, 1 or more.
    ///   - clockRunsPerHour: how often the clock runs, 1 or more.
    ///   - makeStore: an empty store.
    public init(
        subscriptions: Int, days: Int = 31, clockRunsPerHour: Int = 1, scenario: PurchaseScenario = .example,
        store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.subscriptions = subscriptions
        self.days = days
        self.clockRunsPerHour = clockRunsPerHour
        self.scenario = scenario
        self.makeStore = makeStore
    }

    /// Runs the month; stops at the first failure.
    public func run(seed: UInt64 = TestSeed.current) async throws -> Report {
        var run = try await MonthRun(self, seed, scenario, makeStore())
        return try await run.run()
    }
}

/// The month while it runs.
struct MonthRun {
    /// What somebody outside does, at its hour.
    enum Task {
        case charge(PaymentPlace)
        case deliver(Int, [PaymentNotice])
        case upgrade(Int)
        case pack(Int)
        case refund(Int, percent: Int64)
        case dispute(Int, PaymentTransaction.Dispute)
        case cancelLater(Int)
    }

    let month: SubscriptionMonth
    let scenario: PurchaseScenario
    let policy: BillingPolicy
    let world: PurchaseWorld
    let start: Timestamp
    var random: SplitMix64
    var states: [WorkspaceState] = []
    var books: [PurchaseBooks]
    var indices: [Identifier<Workspace>: Int] = [:]
    var tasks: [[Task]]
    var hasCard: [Bool]
    var report = SubscriptionMonth.Report()
    private let stopwatch = ContinuousClock()

    init(
        _ month: SubscriptionMonth, _ seed: UInt64, _ scenario: PurchaseScenario, _ store: any TammStore
    ) async throws {
        self.month = month
        self.scenario = scenario
        policy = scenario.policies[0]
        start = scenario.starts[0]
        random = SplitMix64(seed: seed)
        let rules = PurchaseRules(
            billing: BillingRules(catalogue: scenario.catalogue, policy: policy), wallet: WalletRules(limits: .standard))
        world = try await PurchaseWorld(
            store: store, rules: rules, workspaces: month.subscriptions, start: start, seed: seed)
        books = Array(repeating: PurchaseBooks(), count: month.subscriptions)
        tasks = Array(repeating: [], count: month.days * 24 + 200)
        hasCard = []
        for (index, workspace) in world.workspaces.enumerated() { indices[workspace] = index }
        try await subscribe()
        for index in world.workspaces.indices { states.append(try await world.look(index)) }
        plan()
    }

    /// Everybody is on a plan that is paid to a moment of the month, most with a card that is saved.
    private mutating func subscribe() async throws {
        let plans = scenario.catalogue.plans.filter { $0.current.price(in: scenario.currencies[0], per: .month) != nil }
        guard !plans.isEmpty else { throw TammError(.invalidInput, "wanted a plan that is sold by the month") }
        for (index, workspace) in world.workspaces.enumerated() {
            let plan = plans[number(0...max(0, plans.count - 2))]
            let microseconds = Int64(month.days) * 86_400_000_000 / Int64(month.subscriptions) * Int64(index)
            let end = start.advanced(by: .microseconds(microseconds + 1))
            let anchor = policy.calendar.boundary(-1, after: end)
            let subscription = Subscription(
                workspace: workspace, plan: plan.current.reference, state: .paid(anchor..<end, next: nil),
                terms: .init(interval: .month, currency: scenario.currencies[0], provider: .paymob), anchor: anchor,
                creditedThrough: end, ending: nil, hadTrial: false, collections: 0, topUp: nil, createdAt: anchor)
            let due = try subscription.dueAt(rules: world.configuration.rules)
            let saved = chance(80)
            hasCard.append(saved)
            let card = try SavedCard(
                workspace: workspace, provider: .paymob, account: world.simulated.account, token: Secret("token"),
                maskedNumber: "2346", brand: "MasterCard", savedAt: anchor)
            try await world.store.transaction(as: .service) { t throws(TammError) in
                _ = try t.lockSubscription(of: workspace)
                try t.put(subscription, dueAt: due)
                if saved { try t.put(card) }
            }
            let until = end.advanced(by: .seconds(policy.graceDays * 86_400))
            books[index].cover(workspace, .init(rank: plan.rank, from: .min, until: until, payment: nil))
        }
    }

    /// What some do by themselves in the month.
    private mutating func plan() {
        for index in world.workspaces.indices {
            let hour = number(0...max(0, month.days * 24 - 1))
            if chance(12) { tasks[hour].append(.upgrade(index)) }
            if chance(6) { tasks[hour].append(.pack(index)) }
            if chance(6) { tasks[hour].append(.refund(index, percent: [100, 50, 10][number(0...2)])) }
            if chance(2) { tasks[hour].append(.dispute(index, .open)) }
            if chance(3) { tasks[hour].append(.cancelLater(index)) }
        }
    }

    // MARK: The hours

    mutating func run() async throws -> SubscriptionMonth.Report {
        let minutes = 60 / max(1, month.clockRunsPerHour)
        for hour in 0..<month.days * 24 {
            let base = start.advanced(by: .seconds(Int64(hour) * 3600))
            for (offset, task) in tasks[hour].enumerated() {
                world.time.set(max(world.time.now, base.advanced(by: .seconds(offset))))
                try await perform(task, hour)
                guard report.failures.isEmpty else { return report }
            }
            world.simulated.mood = hour % 97 == 96 ? .isDown : chance(4) ? .declines : chance(2) ? .losesAnswers : .answers
            for part in 0..<month.clockRunsPerHour {
                let moment = base.advanced(by: .seconds(Int64(60 * minutes * (part + 1) - 1)))
                world.time.set(max(world.time.now, moment))
                try await runClock(hour)
                guard report.failures.isEmpty else { return report }
            }
            world.simulated.mood = .answers
            if hour % 24 == 23 {
                try await checkAll()
                guard report.failures.isEmpty else { return report }
            }
        }
        let found = try await world.wallets.verify(as: .service).findings
        report.failures += found.prefix(3).map(\.description)
        return report
    }

    private mutating func runClock(_ hour: Int) async throws {
        let now = world.time.now
        let due = try await world.store.transaction(as: .service) { t throws(TammError) in
            (
                try t.dueSubscriptions(by: now, after: nil, limit: maximumPage).map(\.workspace),
                try t.duePayments(by: now, after: nil, limit: maximumPage).map(\.payment.workspace)
            )
        }
        let touched = Set((due.0 + due.1).compactMap { indices[$0] }).sorted()
        let clock = world.clock
        let result = try await measured("clock run of \(touched.count)") { try await clock.run() }
        report.failures += result.failures.prefix(3).map { "\($0)" }
        let acts: [PurchaseAct] = world.simulated.mood == .answers ? [.clockRan] : []
        let places = try await check(touched, .runClock(.whole), heard: [], acts: acts)
        for place in places { expect(place, hour) }
    }

    /// A renewal that no card pays is paid by hand, some hours or days later; or never.
    private mutating func expect(_ place: PaymentPlace, _ hour: Int) {
        guard let index = indices[place.workspace], !hasCard[index], !chance(10) else { return }
        tasks[min(tasks.count - 1, hour + 1 + number(0...(chance(80) ? 60 : 180)))].append(.charge(place))
    }

    // MARK: What people do

    private mutating func perform(_ task: Task, _ hour: Int) async throws {
        let payments = world.payments
        switch task {
        case .charge(let place):
            guard let index = indices[place.workspace], let payment = states[index].payment(place.id), let order = payment.order
            else { return }
            if chance(10) {
                tasks[hour + 1].append(.charge(place))
                let notices = try world.simulated.charge(order, payment.amount, isDeclined: true)
                return try await deliver(notices, index)
            }
            later(try world.simulated.charge(order, payment.amount), index, hour)
        case .deliver(let index, let notices): try await deliver(notices, index)
        case .upgrade(let index): try await buy(.plan(highest(), per: .month), index, hour)
        case .pack(let index):
            guard let pack = states[index].version?.packs.first?.id else { return }
            try await buy(.pack(pack), index, hour)
        case .refund(let index, let percent):
            guard let payment = states[index].payments.last(where: { $0.applied.map { $0.captured > $0.returned } ?? false }),
                let row = payment.applied, let money = row.money
            else { return }
            let amount = try Money(minorUnits: max(1, row.captured * percent / 100), money.currency)
            _ = try await measured("refund") {
                try await payments.refund(
                    amount, transaction: row.id, of: payment.place, key: IdempotencyKey("refund"), because: "asked",
                    as: .service)
            }
            count("refund")
            _ = try await check([index], .refund(payment: 0, percent: percent), heard: [])
        case .dispute(let index, let dispute):
            guard let row = states[index].payments.compactMap(\.applied).last, row.dispute < dispute, !row.isVoided else { return }
            let notices = try world.simulated.change(row.id) { $0.dispute = dispute }
            if dispute == .open {
                tasks[min(tasks.count - 1, hour + number(24...150))].append(.dispute(index, chance(60) ? .won : .lost))
            }
            count("dispute \(dispute)")
            later(notices, index, hour)
        case .cancelLater(let index):
            let (subscriptions, workspace) = (world.subscriptions, world.workspaces[index])
            _ = try await measured("ending") { try await subscriptions.endLater(.cancel, in: workspace, as: .service) }
            count("ending")
            _ = try await check([index], .endLater(workspace: 0, nil), heard: [])
        }
    }

    private func highest() -> PlanID { scenario.catalogue.plans.max { $0.rank < $1.rank }?.id ?? scenario.catalogue.plans[0].id }

    private mutating func buy(_ request: PurchaseRequest, _ index: Int, _ hour: Int) async throws {
        let (payments, workspace, currency) = (world.payments, world.workspaces[index], scenario.currencies[0])
        let key = try IdempotencyKey("hour:\(hour):\(request)".replacing(" ", with: "_").prefix(200).description)
        let outcome = try await measured("opening") {
            try await payments.open(request, in: currency, with: .paymob, for: workspace, key: key, as: .service)
        }
        _ = try await check([index], .open(workspace: 0, request, currency, .paymob), heard: [])
        guard let payment = outcome.value, let order = payment.order else { return count("refused purchase") }
        count("purchase")
        later(try world.simulated.charge(order, payment.amount), index, hour)
    }

    /// The provider tells at once, or hours later, or twice.
    private mutating func later(_ notices: [PaymentNotice], _ index: Int, _ hour: Int) {
        let delay = chance(60) ? 1 : number(2...40)
        if delay > 1 { count("late callback") }
        tasks[min(tasks.count - 1, hour + delay)].append(.deliver(index, notices))
        if chance(5) { tasks[min(tasks.count - 1, hour + delay + 3)].append(.deliver(index, notices.reversed())) }
    }

    private mutating func deliver(_ notices: [PaymentNotice], _ index: Int) async throws {
        let payments = world.payments
        try await measured("callback") { for notice in notices { try await payments.receive(notice) } }
        count("callback")
        _ = try await check([index], .deliver(.all), heard: notices)
    }

    // MARK: Parts

    private mutating func measured<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        let began = stopwatch.now
        let value = try await body()
        let took = stopwatch.now - began
        report.steps += 1
        report.working += took
        if took > report.slowest { (report.slowest, report.slowestStep) = (took, name) }
        return value
    }

    mutating func count(_ name: String) { report.events[name, default: 0] += 1 }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
}
