package import TammCore

/// Runs one sequence against the public services and lets every property look at each step.
package struct BillingRun {
    /// A property that did not hold.
    package struct Violation: Sendable {
        package let property: String
        package let step: BillingStep
        package let detail: String
    }

    package struct Outcome: Sendable {
        package var violations: [Violation] = []
        package var mix = BillingMix()
        /// What every command was answered, in order: two stores that agree give the same.
        package var answers: [String] = []
        package var head: ChainHash?
        /// What was answered and stored after each step, where that was asked for.
        package var trace: [Trace] = []
    }

    /// What was answered to a step, and all that is stored after it.
    package struct Trace: Sendable, Equatable {
        package let step: Int
        package let answers: [String]
        package let snapshot: WalletSnapshot
        package let entries: [LedgerEntry]
        package let usage: [RecordedUsage]
        package let commands: [RecordedCommand?]
    }

    private static let start = Timestamp(unchecked: 1_767_225_600_000_000)
    private static let day: Duration = .seconds(86_400)

    private let store: any TammStore
    private let wallets: Wallets
    private let time: ManualTime
    /// Whether each step is traced; then what is to be done together is done one after the other, for what comes first
    /// is nobody's to say.
    private let isTraced: Bool
    private let wallet: Wallet
    private let properties: [BillingProperty]
    private let rules: SharedWalletRules
    /// The moment at which the wallet decides the step.
    private var decidesAt = Self.start
    private var available = Credits.zero
    private var made = Made()
    private var past = Past()

    /// What earlier steps have made, for later ones to refer to.
    private struct Made {
        var grants: [Identifier<Grant>] = []
        var holds: [Identifier<Hold>] = []
        var charges: [IdempotencyKey] = []
        var clawbacks: [IdempotencyKey] = []
        var receivables: [Identifier<Receivable>] = []
        var commands: [WalletCommand] = []
        var usage: [UsageEvent] = []
    }

    package init(
        store: any TammStore, rules: WalletRules, properties: [BillingProperty], seed: UInt64, isTraced: Bool = false
    ) async throws(TammError) {
        self.store = store
        self.isTraced = isTraced
        self.properties = properties
        self.rules = SharedWalletRules(rules)
        time = ManualTime(Self.start)
        wallets = Wallets(store: store, time: time.source, rules: rules)
        let workspace = try await Self.workspace(in: store, time.source, seed)
        wallet = try await wallets.open(in: workspace.id, as: .service)
    }

    /// The first of the seed's workspaces that the store does not have: a sequence may be tried many times on one.
    private static func workspace(
        in store: any TammStore, _ time: TimeSource, _ seed: UInt64
    ) async throws(TammError) -> Workspace {
        var seeds = SplitMix64(seed: seed)
        var tries = 0
        while true {
            tries += 1
            let entropy = SeededEntropy(seed: seeds.next()).source
            do {
                return try await Workspaces(store: store, time: time, entropy: entropy)
                    .create(named: "Property", owner: Identifier(at: start, entropy: entropy), as: .service)
            } catch  where error.code == .conflict { continue }
        }
    }

    /// - Returns: the violations at the first step that has any.
    package mutating func run(_ steps: [BillingStep]) async throws(TammError) -> Outcome {
        var outcome = Outcome()
        var before = try await snapshot(after: 0).snapshot
        var lastUsage: UsageEvent.ID?
        for step in steps {
            decidesAt = max(time.now, before.wallet.recordedAt)
            available = before.wallet.balance.available
            let commands = resolve(step)
            let answers = await submit(commands, as: step)
            let read = try await snapshot(after: before.wallet.sequence, usageAfter: lastUsage)
            lastUsage = read.usage.last?.event.id ?? lastUsage
            let observation = Observation(
                step: step, now: time.now, answers: answers, before: before, after: read.snapshot,
                entries: read.entries, usage: read.usage, past: past, limits: rules.rules.limits)
            outcome.mix.count(observation)
            outcome.answers += answers.map { "\($0.command.key) \($0.result)" }
            if isTraced { outcome.trace.append(try await trace(step, answers, read)) }
            for property in properties {
                if let detail = property.check(observation) {
                    outcome.violations.append(Violation(property: property.name, step: step, detail: detail))
                }
            }
            guard outcome.violations.isEmpty else { return outcome }
            past.take(observation)
            remember(answers, read.snapshot)
            before = read.snapshot
        }
        outcome.mix.finish(before)
        outcome.head = before.wallet.head
        return outcome
    }

    private func trace(_ step: BillingStep, _ answers: [Answered], _ read: Read) async throws(TammError) -> Trace {
        let keys = answers.map { CommandKey(workspace: $0.command.workspace, key: $0.command.key) }
        return Trace(
            step: step.id, answers: answers.map { "\($0.command.key) \($0.comparable)" }, snapshot: read.snapshot,
            entries: read.entries, usage: read.usage,
            commands: try await store.transaction(as: .service) { t throws(TammError) in try t.recordedCommands(keys) })
    }

    private func submit(_ commands: [WalletCommand], as step: BillingStep) async -> [Answered] {
        if case .batch = step.action { return await apply(commands) }
        guard case .together = step.action, !isTraced else {
            var answers: [Answered] = []
            for command in commands { answers.append(await answer(command)) }
            return answers
        }
        return await withTaskGroup(of: (Int, Answered).self) { group in
            for (index, command) in commands.enumerated() {
                group.addTask { [self] in (index, await self.answer(command)) }
            }
            var answers: [(Int, Answered)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// One unit of work; each command has an answer of its own.
    private func apply(_ commands: [WalletCommand]) async -> [Answered] {
        let (now, rules) = (time.now, rules)
        do throws(TammError) {
            let answers = try await store.transaction(as: .service) { t throws(TammError) in
                try WalletFold.apply(commands, at: now, rules: rules, in: t)
            }
            return zip(commands, answers).map { command, answer in
                switch answer {
                case .outcome(let outcome): Answered(command: command, result: .success(outcome))
                case .failed(let error): Answered(command: command, result: .failure(error))
                case .busy: Answered(command: command, result: .failure(TammError(.unavailable, "busy")))
                }
            }
        } catch {
            return commands.map { Answered(command: $0, result: .failure(error)) }
        }
    }

    private func answer(_ command: WalletCommand) async -> Answered {
        do throws(TammError) {
            return Answered(command: command, result: .success(try await wallets.submit(command, as: .service)))
        } catch {
            return Answered(command: command, result: .failure(error))
        }
    }

    private struct Read: Sendable {
        var snapshot: WalletSnapshot
        var entries: [LedgerEntry]
        var usage: [RecordedUsage]
    }

    private func snapshot(
        after sequence: Int64, usageAfter cursor: UsageEvent.ID? = nil
    ) async throws(TammError) -> Read {
        let (place, quota) = (wallet.place, quotaClaim(1))
        return try await store.transaction(as: .service) { t throws(TammError) in
            guard let wallet = try t.wallet(place) else { throw TammError(.notFound, "the wallet is gone") }
            var snapshot = WalletSnapshot(wallet: wallet)
            for grant in try t.grants(of: place, after: nil, limit: 1000) { snapshot.grants[grant.id] = grant }
            for hold in try t.holds(of: place, after: nil, limit: 1000) { snapshot.holds[hold.id] = hold }
            for receivable in try t.receivables(of: place, after: nil, limit: 1000) {
                snapshot.receivables[receivable.id] = receivable
            }
            if let quota {
                let key = QuotaCounter.Key(wallet: place, meter: quota.meter, periodStart: quota.periodStart)
                snapshot.quotaUsed = try t.quotas([key]).first?.used ?? 0
            }
            return Read(
                snapshot: snapshot, entries: try t.entries(of: place, after: sequence, limit: 100_000),
                usage: try t.usage(of: place.workspace, after: cursor, limit: 1000))
        }
    }

    private mutating func remember(_ answers: [Answered], _ snapshot: WalletSnapshot) {
        for answer in answers {
            guard let receipt = answer.applied else { continue }
            made.commands.append(answer.command)
            made.usage += answer.command.usage
            switch receipt.kind {
            case .grant: if let id = receipt.grant { made.grants.append(id) }
            case .hold: if let id = receipt.hold { made.holds.append(id) }
            case .debit, .capture: made.charges.append(receipt.key)
            case .clawback: made.clawbacks.append(receipt.key)
            case .release, .refund, .reinstate, .writeOff, .tidy: break
            }
        }
        for id in snapshot.receivables.keys.sorted() where !made.receivables.contains(id) { made.receivables.append(id) }
    }
}

// MARK: From steps to commands

extension BillingRun {
    private mutating func resolve(_ step: BillingStep) -> [WalletCommand] {
        switch step.action {
        case .pass(let duration):
            time.advance(by: duration)
            return []
        case .together(let actions):
            return actions.enumerated().compactMap { command($1, key: "s\(step.id).\($0)") }
        case .batch(let actions):
            let before = made
            defer { made = before }
            var commands: [WalletCommand] = []
            for (index, action) in actions.enumerated() {
                guard let command = command(action, key: "s\(step.id).\(index)") else { continue }
                commands.append(command)
                expect(command)
            }
            return commands
        default: return command(step.action, key: "s\(step.id)").map { [$0] } ?? []
        }
    }

    /// Lets later commands of the same batch refer to what this one will have made.
    private mutating func expect(_ command: WalletCommand) {
        func child<Entity>(_ label: String) -> Identifier<Entity> {
            Identifier(derivedFrom: wallet.id, label: "\(label):\(command.key)", at: decidesAt)
        }
        switch command.action {
        case .grant: made.grants.append(child("grant"))
        case .hold: made.holds.append(child("hold"))
        case .debit, .capture: made.charges.append(command.key)
        case .clawback:
            made.clawbacks.append(command.key)
            made.receivables.append(child("receivable"))
        case .release, .refund, .reinstate, .writeOff, .tidy: break
        }
        made.commands.append(command)
    }

    private func command(_ action: BillingStep.Action, key: String) -> WalletCommand? {
        do { return try makeCommand(action, key: IdempotencyKey(key)) } catch { return nil }
    }

    private func makeCommand(_ action: BillingStep.Action, key: IdempotencyKey) throws(TammError) -> WalletCommand? {
        switch action {
        case .grant(let amount, let category, let priority, let effectiveDay, let expiryDay):
            let terms = try GrantTerms(
                amount, category, priority: priority, effectiveAt: effectiveDay.map(moment),
                expiresAt: expiryDay.map(moment), source: key)
            return try make(.grant(terms), key)
        case .debit(let amount, let shortfall, let hasUsage, let quota):
            let usage = hasUsage ? [try usageEvent("u-\(key)", amount)] : []
            return try make(.debit(amount, shortfall: shortfall), key, usage: usage, quota: quota.flatMap { quotaClaim($0) })
        case .drain: return try make(.debit(available, shortfall: .refuse), key)
        case .hold(let amount, let lifetime, let quota):
            return try make(.hold(amount, lifetime: lifetime), key, quota: quota.flatMap { quotaClaim($0) })
        case .capture(let index, let percent, let shortfall):
            let id = pick(index, made.holds) ?? Identifier(high: 1, low: 1)
            let held = Int64(past.held[id] ?? 1_000_000)
            let quota = past.quotaReserved[id] == nil ? nil : percent > 50 ? quotaClaim(UInt64(percent / 50)) : nil
            return try make(.capture(id, share(held, percent), shortfall: shortfall), key, quota: quota)
        case .release(let index): return try make(.release(pick(index, made.holds) ?? Identifier(high: 1, low: 1)), key)
        case .refund(let index, let percent):
            guard let charge = pick(index, made.charges) else {
                return try make(.refund(of: IdempotencyKey("none"), .one), key)
            }
            let charged = past.receipts[charge]?.amount.micro ?? 1000
            return try make(.refund(of: charge, max(share(charged, percent), Credits(unchecked: 1))), key)
        case .clawback(let index, let percent):
            guard let grant = pick(index, made.grants) else {
                return try make(.clawback(Identifier(high: 1, low: 1), .one), key)
            }
            let issued = past.issued[grant] ?? 1000
            return try make(.clawback(grant, max(share(issued, percent), Credits(unchecked: 1))), key)
        case .reinstate(let index):
            let none = try IdempotencyKey("none")
            return try make(.reinstate(pick(index, made.clawbacks) ?? none), key)
        case .writeOff(let index):
            return try make(.writeOff(pick(index, made.receivables) ?? Identifier(high: 1, low: 1)), key)
        case .tidy: return try make(.tidy, key)
        case .again(let index): return pick(index, made.commands)
        case .twist(let index):
            guard let command = pick(index, made.commands) else { return nil }
            return try twisted(command)
        case .usageAgain(let index):
            guard let event = pick(index, made.usage) else { return nil }
            return try make(.debit(.zero, shortfall: .refuse), key, usage: [event])
        case .pass, .together, .batch: return nil
        }
    }

    private func make(
        _ action: WalletCommand.Action, _ key: IdempotencyKey, usage: [UsageEvent] = [], quota: QuotaClaim? = nil
    ) throws(TammError) -> WalletCommand {
        try WalletCommand(action, wallet: wallet.id, in: wallet.workspace, key: key, usage: usage, quota: quota)
    }

    /// The same key for another amount, or where there is none, for another action.
    private func twisted(_ command: WalletCommand) throws(TammError) -> WalletCommand {
        switch command.action {
        case .debit(let amount, let shortfall):
            let other = amount == .max ? .zero : try amount.adding(Credits(unchecked: 1))
            return try make(.debit(other, shortfall: shortfall), command.key)
        case .hold(let amount, let lifetime):
            return try make(.hold(amount, lifetime: lifetime - .microseconds(1)), command.key, quota: command.quota)
        default: return try make(.debit(Credits(unchecked: 1), shortfall: .refuse), command.key)
        }
    }

    private func usageEvent(_ id: String, _ cost: Credits) throws(TammError) -> UsageEvent {
        UsageEvent(
            workspace: wallet.workspace, id: try IdempotencyKey(id), usage: .messages(channel: "webchat", count: 1),
            cost: cost, occurredAt: time.now)
    }

    /// Ten days of at most twelve.
    private func quotaClaim(_ quantity: UInt64) -> QuotaClaim? {
        do {
            return try QuotaClaim(
                meter: .messages, quantity: quantity, limit: 12, periodStart: Self.start,
                resetsAt: moment(10))
        } catch { return nil }
    }

    private func moment(_ day: Int) -> Timestamp { Self.start.advanced(by: Self.day * day) }

    /// Mostly one of the last things made.
    private func pick<Element>(_ index: Int, _ elements: [Element]) -> Element? {
        guard !elements.isEmpty else { return nil }
        let reach = index % 4 == 0 ? elements.count : min(elements.count, 4)
        return elements[elements.count - 1 - index / 4 % reach]
    }

    private func share(_ amount: Int64, _ percent: Int64) -> Credits {
        Credits(unchecked: Int64(min(Int128(amount) * Int128(percent) / 100, Int128(Credits.max.micro))))
    }
}
