import TammCore

extension MonthRun {
    /// Lets every property look at the workspaces that a step has touched.
    ///
    /// - Returns: the renewals that were opened in it.
    mutating func check(
        _ touched: [Int], _ action: PurchaseStep.Action, heard: [PaymentNotice], acts: [PurchaseAct] = []
    ) async throws -> [PaymentPlace] {
        var opened: [PaymentPlace] = []
        var told: [ProviderReference: [PaymentNotice]] = [:]
        for notice in heard + world.takeAnswers() { told[notice.order, default: []].append(notice) }
        for index in touched {
            let before = states[index]
            let after = try await world.look(index, before)
            var (old, new) = (PurchaseState(), PurchaseState())
            (old.workspaces, new.workspaces) = ([before], [after])
            var notices: [PaymentNotice] = []
            for order in after.payments.compactMap(\.order) {
                notices += told[order] ?? []
                new.charges += world.simulated.charges(of: order)
            }
            let step = PurchaseStep(id: report.steps, action: action)
            books[index].hear(notices, step: step.id, isCertain: true)
            let entries =
                before.wallet.sequence == after.wallet.sequence
                ? [] : try await world.entries(index, after: before.wallet.sequence)
            var observation = PurchaseObservation(
                step: step, now: world.time.now, before: old, after: new, books: books[index], acts: acts, errors: [],
                mood: world.simulated.mood, catalogue: scenario.catalogue, policy: policy, entries: entries)
            books[index].cover(observation)
            observation.books = books[index]
            for property in PurchaseProperty.all {
                if let detail = property.check(observation) {
                    report.failures.append("\(property.name): \(detail), workspace \(index), \(step)")
                }
            }
            report.checks += 1
            note(observation)
            opened += after.payments.filter { before.payment($0.id) == nil && $0.isRenewal }.map(\.place)
            states[index] = after
        }
        return opened
    }

    private mutating func note(_ o: PurchaseObservation) {
        for confirmation in o.confirmations {
            switch confirmation.payment.purpose {
            case .credits: count("confirmed pack")
            case .plan(let purchase, _): count("confirmed " + String("\(purchase.kind)".prefix { $0 != "(" }))
            }
        }
        for (before, after) in o.pairs {
            guard let old = before.standing?.status, let new = after.standing?.status, old != new else { continue }
            count("became \(new)")
        }
    }

    /// Nothing has changed but what was looked at, and all of the money adds up.
    mutating func checkAll() async throws {
        let wanted = states
        let changed = try await world.store.transaction(as: .service) { t throws(TammError) -> Identifier<Workspace>? in
            for state in wanted {
                let stored = try t.subscription(of: state.id)
                let payments = try t.payments(of: state.id, after: nil, limit: maximumPage)
                let wallet = try t.wallet(state.wallet.place)
                if stored != state.stored || payments != state.payments || wallet != state.wallet { return state.id }
            }
            return nil
        }
        if let changed { report.failures.append("workspace \(changed) has changed unseen") }
        var (told, kept, stored): (Int64, Int64, Int64) = (0, 0, 0)
        for (state, books) in zip(states, books) {
            for one in books.told.values { told += one.received - one.returned }
            for row in state.payments.flatMap(\.transactions) { stored += row.captured - row.returned }
            for money in state.payments.flatMap(\.unapplied) { kept += money.minorUnits }
            for row in state.payments.compactMap(\.applied) { kept += row.captured - row.returned }
        }
        if told != stored || kept != stored {
            report.failures.append("\(told) was told to be ours, \(stored) is stored, \(kept) is accounted for")
        }
    }
}

extension Payment {
    /// Whether it pays a period that comes.
    fileprivate var isRenewal: Bool {
        guard case .plan(let purchase, _) = purpose, case .renewal = purchase.kind else { return false }
        return true
    }
}
