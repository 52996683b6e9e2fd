package import TammCore

/// Runs one sequence against the public services and lets every property look at each step.
package struct PurchaseRun {
    /// A property that did not hold.
    package struct Violation: Sendable {
        package let property: String
        package let step: PurchaseStep
        package let detail: String
    }

    package struct Outcome: Sendable {
        package var violations: [Violation] = []
        package var mix = PurchaseMix()
    }

    let world: PurchaseWorld
    let scenario: PurchaseScenario
    let policy: BillingPolicy
    private let properties: [PurchaseProperty]
    private let start: Timestamp
    private let garbles: @Sendable (inout PurchaseState) -> Void
    private var books = PurchaseBooks()
    private(set) var state: PurchaseState
    /// The payments there are, the newest last.
    private(set) var made: [PaymentPlace] = []
    /// How each was opened by a step.
    var openings: [PaymentPlace: (workspace: Int, PurchaseRequest, Currency, PaymentProviderName, key: String)] = [:]
    /// What the provider has to say and has not said.
    var undelivered: [PaymentNotice] = []
    private var announced: [String: SimulatedProvider.Charge] = [:]
    /// What happened in the step that runs.
    var heard: [PaymentNotice] = []
    var acts: [PurchaseAct] = []
    var errors: [TammError] = []
    var names: Set<String> = []
    var isInterrupted = false

    package init(
        store: any TammStore, scenario: PurchaseScenario, policy: BillingPolicy, rules: PurchaseRules,
        properties: [PurchaseProperty], seed: UInt64
    ) async throws(TammError) {
        self.scenario = scenario
        self.policy = policy
        self.properties = properties
        garbles = rules.garbles
        start = scenario.starts[Int(seed / 8 % UInt64(scenario.starts.count))]
        world = try await PurchaseWorld(
            store: store, rules: rules, workspaces: scenario.workspaces, start: start, seed: seed)
        state = try await world.look()
    }

    /// - Returns: the violations at the first step that has any.
    package mutating func run(_ steps: [PurchaseStep]) async throws(TammError) -> Outcome {
        var outcome = Outcome()
        for step in steps {
            (heard, acts, errors, names, isInterrupted) = ([], [], [], [], false)
            await perform(step)
            let answers = world.takeAnswers()
            books.hear(heard, step: step.id, isCertain: true)
            books.hear(answers, step: step.id, isCertain: !isInterrupted)
            var after = try await world.look(state)
            garbles(&after)
            books.settleDoubts(after, step: step.id)
            for act in acts { books.note(act) }
            var entries: [LedgerEntry] = []
            for (index, before) in state.workspaces.enumerated()
            where before.wallet.sequence != after.workspaces[index].wallet.sequence {
                entries += try await world.entries(index, after: before.wallet.sequence)
            }
            var observation = PurchaseObservation(
                step: step, now: world.time.now, before: state, after: after, books: books, acts: acts, errors: errors,
                mood: world.simulated.mood, catalogue: scenario.catalogue, policy: policy, entries: entries)
            books.cover(observation)
            observation.books = books
            outcome.mix.count(observation, names)
            for property in properties {
                if let detail = property.check(observation) {
                    outcome.violations.append(Violation(property: property.name, step: step, detail: detail))
                }
            }
            guard outcome.violations.isEmpty else { return outcome }
            remember(after)
        }
        outcome.mix.finish()
        return outcome
    }

    private mutating func remember(_ after: PurchaseState) {
        for (before, now) in zip(state.workspaces, after.workspaces) where before.payments.count != now.payments.count {
            for payment in now.payments where before.payment(payment.id) == nil { made.append(payment.place) }
        }
        for charge in after.charges where announced[charge.id] != charge {
            announced[charge.id] = charge
            do throws(TammError) { undelivered += try world.simulated.notices(of: charge) } catch { errors.append(error) }
        }
        if undelivered.count > 64 { undelivered.removeFirst(undelivered.count - 64) }
        state = after
    }

    // MARK: What steps refer to

    func payment(_ number: Int) -> Payment? {
        guard !made.isEmpty else { return nil }
        let place = made[made.count - 1 - number % made.count]
        return state.workspaces.first { $0.id == place.workspace }?.payment(place.id)
    }

    func charge(_ number: Int) -> SimulatedProvider.Charge? {
        guard !state.charges.isEmpty else { return nil }
        return state.charges[state.charges.count - 1 - number % state.charges.count]
    }

    func index(_ workspace: Int) -> Int { workspace % world.workspaces.count }

    func money(_ tender: PurchaseStep.Tender, for asked: Money) throws(TammError) -> Money {
        switch tender {
        case .exact: asked
        case .under: try Money(minorUnits: max(0, asked.minorUnits - 1), asked.currency)
        case .over: try Money(minorUnits: asked.minorUnits + 1, asked.currency)
        case .otherCurrency:
            try Money(minorUnits: asked.minorUnits, scenario.currencies.first { $0 != asked.currency } ?? .eur)
        }
    }

    /// The moments at which something falls due, the next first.
    func moments() -> [Timestamp] {
        var moments: Set<Timestamp> = []
        for workspace in state.workspaces {
            if let due = workspace.dueAt { moments.insert(due) }
            switch workspace.standing?.state {
            case .trialing(let period, let next), .paid(let period, let next):
                moments.insert(period.upperBound)
                if let next { moments.insert(next.range.upperBound) }
            case .pastDue(_, let until): moments.insert(until)
            default: break
            }
            for payment in workspace.payments where payment.applied == nil {
                moments.insert(payment.expiresAt)
                if let due = payment.dueAt { moments.insert(due) }
            }
        }
        return moments.filter { $0 > world.time.now }.sorted()
    }
}

extension PurchaseRun {
    /// Does one step; what goes wrong is written down.
    private mutating func perform(_ step: PurchaseStep) async {
        do throws(TammError) {
            try await perform(step.action, step.id)
        } catch {
            errors.append(error)
            names.insert("error \(error.code.rawValue)")
        }
    }

    mutating func note<Value>(_ outcome: BillingOutcome<Value>) -> Value? {
        switch outcome {
        case .done(let value): return value
        case .refused(let refusal):
            names.insert("refusal \(refusal.name)")
            return nil
        }
    }
}

extension BillingRefusal {
    /// The case's name.
    var name: String { String("\(self)".prefix { $0 != "(" }) }
}
