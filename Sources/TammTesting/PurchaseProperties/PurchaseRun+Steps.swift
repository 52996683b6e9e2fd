import TammCore

extension PurchaseRun {
    mutating func perform(_ action: PurchaseStep.Action, _ id: Int) async throws(TammError) {
        switch action {
        case .begin(let workspace, let plan):
            let index = index(workspace)
            let (workspace, owner) = (world.workspaces[index], world.owners[index])
            if note(try await world.subscriptions.begin(plan, in: workspace, as: owner)) != nil {
                acts.append(.began(workspace, plan))
            }
        case .beginTrial(let workspace, let plan):
            let index = index(workspace)
            let (workspace, owner) = (world.workspaces[index], world.owners[index])
            if note(try await world.subscriptions.beginTrial(of: plan, in: workspace, as: owner)) != nil {
                acts.append(.trialBegan(workspace))
            }
        case .endLater(let workspace, let plan):
            let index = index(workspace)
            let ending: Subscription.Ending =
                if let plan { .move(to: try scenario.catalogue.current(of: plan).reference) } else { .cancel }
            let outcome = try await world.subscriptions.endLater(
                ending, in: world.workspaces[index], as: world.owners[index])
            if note(outcome) != nil { names.insert(plan == nil ? "ending cancel" : "ending move") }
        case .resume(let workspace):
            let index = index(workspace)
            let outcome = try await world.subscriptions.resume(in: world.workspaces[index], as: world.owners[index])
            if note(outcome) != nil { names.insert("resumed") }
        case .cancel(let workspace):
            let index = index(workspace)
            let outcome = try await world.subscriptions.cancel(in: world.workspaces[index], as: world.owners[index])
            if note(outcome) != nil { names.insert("canceled at once") }
        case .assign(let workspace, let plan):
            let workspace = world.workspaces[index(workspace)]
            let subscription = try await world.subscriptions.assign(plan, to: workspace, as: .service)
            acts.append(.assigned(workspace, subscription.plan))
        case .pass(let duration): world.time.advance(by: duration)
        case .passTo(let number, let microseconds):
            let moments = moments()
            guard !moments.isEmpty else { return }
            let moment = moments[min(number, moments.count - 1)].advanced(by: .microseconds(microseconds))
            world.time.set(max(world.time.now, moment))
        case .runClock(let run): try await runClock(run)
        case .mood(let mood): world.simulated.mood = mood
        case .spend, .hold, .setTopUp, .removeTopUp, .topUp, .saveCard, .forgetCard: try await credits(action, id)
        case .pay, .payStranger, .happen, .deliver, .tellAll, .tellChanged: try await provider(action, id)
        default: try await payments(action, id)
        }
    }

    private mutating func runClock(_ run: PurchaseStep.ClockRun) async throws(TammError) {
        let clock = world.clock
        var reports: [BillingClockReport] = []
        switch run {
        case .whole: reports = [try await clock.run()]
        case .twice: reports = [try await clock.run(), try await clock.run()]
        case .limited(let limit): reports = [try await clock.run(limit: limit)]
        case .together:
            names.insert("clock together")
            async let first = Self.attempt(clock)
            async let second = Self.attempt(clock)
            for result in await [first, second] { reports.append(try result.get()) }
        case .interrupted(let transaction):
            world.store.fail(at: transaction)
            defer { world.store.fail(at: nil) }
            isInterrupted = true
            let result = await Self.attempt(clock)
            let isBroken: Bool =
                switch result {
                case .success(let report): !report.failures.isEmpty
                case .failure: true
                }
            if isBroken { names.insert("clock interrupted") }
            return
        }
        for failure in reports.flatMap(\.failures) { errors.append(failure.error) }
        if reports.contains(where: \.isIncomplete) { names.insert("clock limited") }
        if run == .whole || run == .twice, world.simulated.mood == .answers { acts.append(.clockRan) }
    }

    private static func attempt(_ clock: BillingClock) async -> Result<BillingClockReport, TammError> {
        do throws(TammError) { return .success(try await clock.run()) } catch { return .failure(error) }
    }

    // MARK: Credits

    private mutating func credits(_ action: PurchaseStep.Action, _ id: Int) async throws(TammError) {
        switch action {
        case .spend(let workspace, let percent), .hold(let workspace, let percent):
            let index = index(workspace)
            let wallet = world.walletRows[index]
            let share = Int64(Int128(state.workspaces[index].balance.available.micro) * Int128(percent) / 100)
            guard share > 0 else { return }
            let amount = Credits(unchecked: share)
            let key = try IdempotencyKey("step:\(id)")
            if case .hold = action {
                _ = try await world.wallets.hold(amount, in: wallet, lifetime: .seconds(7200), key: key, as: .service)
            } else {
                _ = try await world.wallets.debit(amount, from: wallet, key: key, as: .service)
            }
        case .setTopUp(let workspace, let threshold, let maximum):
            let index = index(workspace)
            let packs = scenario.catalogue.plans.flatMap { $0.current.packs.map(\.id) }
            guard let pack = state.workspaces[index].version?.packs.first?.id ?? packs.first else { return }
            let rule = try TopUp(
                pack: pack, below: threshold, monthlyMaximum: maximum, currency: scenario.currencies[0],
                provider: .paymob)
            if note(try await world.subscriptions.setTopUp(rule, in: world.workspaces[index], as: world.owners[index]))
                != nil
            {
                acts.append(.topUpSet(world.workspaces[index], maximum: maximum))
            }
        case .removeTopUp(let workspace):
            let index = index(workspace)
            if note(try await world.subscriptions.setTopUp(nil, in: world.workspaces[index], as: world.owners[index]))
                != nil
            {
                acts.append(.topUpSet(world.workspaces[index], maximum: nil))
            }
        case .topUp(let workspace):
            if try await world.payments.topUp(world.workspaces[index(workspace)]) != nil { names.insert("top-up") }
        case .saveCard(let number):
            guard let order = payment(number)?.order, order.provider == .paymob else { return }
            let isSaved = try await world.payments.save(
                cardFor: order, token: Secret("token"), maskedNumber: "2346", brand: "MasterCard")
            if isSaved { names.insert("card saved") }
        case .forgetCard(let workspace):
            let index = index(workspace)
            try await world.payments.forgetCard(of: world.workspaces[index], as: world.owners[index])
        default: break
        }
    }

    // MARK: The provider

    private mutating func provider(_ action: PurchaseStep.Action, _ id: Int) async throws(TammError) {
        let provider = world.simulated
        switch action {
        case .pay(let number, let tender, let form):
            guard let payment = payment(number), payment.provider == .paymob,
                let order = payment.order ?? provider.order(of: payment.id)
            else { return }
            try provider.charge(
                order, money(tender, for: payment.amount), isReserved: form == .reserved, isDeclined: form == .declined)
            names.insert("paid \(tender) \(form)")
        case .payStranger(let number):
            let order = try ProviderReference(.paymob, account: provider.account, "9\(number)")
            try provider.charge(order, Money(minorUnits: 19_900, scenario.currencies[0]))
        case .happen(let number, let happening):
            guard let charge = charge(number), !charge.isDeclined else { return }
            names.insert("happened \(String("\(happening)".prefix { $0 != "(" }))")
            try provider.change(charge.id) { charge in
                switch happening {
                case .captured: charge.isReserved = false
                case .voided: charge.isVoided = true
                case .disputed(let dispute):
                    if !charge.isReserved { charge.dispute = max(charge.dispute, dispute) }
                case .refunded(let percent):
                    guard !charge.isReserved else { return }
                    let more = charge.money.minorUnits * percent / 100
                    charge.refunded = min(charge.money.minorUnits, charge.refunded + more)
                }
            }
        case .deliver(let delivery): try await deliver(delivery)
        case .tellAll(let number):
            guard let order = payment(number)?.order, order.provider == .paymob else { return }
            for notice in try provider.facts(of: order).reversed() { try await receive(notice) }
        case .tellChanged(let number):
            guard let payment = payment(number), let order = payment.order, order.provider == .paymob else { return }
            try await receive(PaymentNotice(order: order, transaction: payment.transactions.last?.id ?? "0", .changed))
        default: break
        }
    }

    private mutating func deliver(_ delivery: PurchaseStep.Delivery) async throws(TammError) {
        guard let first = undelivered.first, let last = undelivered.last else { return }
        names.insert("delivered \(delivery)")
        switch delivery {
        case .first:
            undelivered.removeFirst()
            try await receive(first)
        case .last:
            undelivered.removeLast()
            try await receive(last)
        case .twice:
            undelivered.removeFirst()
            try await receive(first)
            try await receive(first)
        case .lost: undelivered = []
        case .all, .reversed:
            let notices = delivery == .all ? undelivered : undelivered.reversed()
            undelivered = []
            for notice in notices { try await receive(notice) }
        }
    }

    private mutating func receive(_ notice: PaymentNotice) async throws(TammError) {
        heard.append(notice)
        if case .unmatched = try await world.payments.receive(notice) { names.insert("unmatched") }
    }
}
