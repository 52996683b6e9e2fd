import TammCore

extension LawContext {
    func plan(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription {
        subscription(of: workspace, on: try PlanVersionReference(PlanID("growth"), version: 2), since: at(3))
    }

    func subscription(
        of workspace: Identifier<Workspace>, on plan: PlanVersionReference, since moment: Timestamp
    ) -> Subscription {
        Subscription(
            workspace: workspace, plan: plan, state: .complimentary, terms: nil, anchor: moment,
            creditedThrough: moment, ending: nil, hadTrial: false, collections: 0, topUp: nil, createdAt: moment)
    }

    /// A moment that nothing else is due at, nor the thousand microseconds around it.
    func dueMoment() -> Timestamp {
        Timestamp(unchecked: 4_000_000_000_000_000 + Int64(entropy.next() >> 14))
    }

    /// New workspaces at both ends and in the middle of the order of identifiers, committed.
    func scatteredWorkspaces(in store: any TammStore) async throws(TammError) -> [Identifier<Workspace>] {
        let ids: [Identifier<Workspace>] = scattered()
        try await insert(ids, in: store)
        return ids
    }

    /// New workspaces under these identifiers, committed.
    func insert(_ ids: [Identifier<Workspace>], in store: any TammStore) async throws(TammError) {
        let workspaces = try ids.map { id throws(TammError) in
            try Workspace(id: id, name: "A workspace", createdAt: base)
        }
        try await store.transaction(as: .service) { t throws(TammError) in
            for workspace in workspaces { try t.insert(workspace) }
        }
    }

    /// Subscriptions in every state, each of another workspace, that have every other field at each of its bounds.
    func subscriptions(of workspaces: [Identifier<Workspace>]) throws(TammError) -> [Subscription] {
        let states = try states()
        let plans = try plans()
        let moments = [Timestamp.min, base, .max, .epoch]
        let (terms, topUps) = (try terms(), try topUps())
        let endings = [Subscription.Ending.cancel, .move(to: plans[0]), nil, .move(to: plans[2])]
        return workspaces.enumerated().map { index, workspace in
            Subscription(
                workspace: workspace, plan: plans[index % plans.count], state: states[index % states.count],
                terms: terms[index % terms.count], anchor: moments[index % 4],
                creditedThrough: moments[(index + 1) % 4], ending: endings[(index / 3) % 4],
                hadTrial: index % 2 == 0, collections: [0, 1, 366][index % 3], topUp: topUps[index % topUps.count],
                createdAt: moments[(index + 2) % 4])
        }
    }

    private func plans() throws(TammError) -> [PlanVersionReference] {
        [
            try PlanVersionReference(PlanID("a"), version: 1),
            try PlanVersionReference(PlanID("growth.2026-eg_1"), version: 2),
            try PlanVersionReference(PlanID(String(repeating: "z", count: 64)), version: 1_000_000),
        ]
    }

    private func states() throws(TammError) -> [Subscription.State] {
        let plans = try plans()
        let next = [
            Subscription.PaidPeriod(plan: plans[2], range: at(1)..<at(2)),
            Subscription.PaidPeriod(plan: plans[1], range: .min ..< .max),
        ]
        return [
            .complimentary,
            .trialing(.min ..< .max, next: nil), .trialing(base..<at(1), next: next[0]),
            .paid(at(-1)..<base, next: nil), .paid(base..<at(1), next: next[1]), .paid(.min ..< .max, next: next[0]),
            .pastDue(since: .min, until: .max), .pastDue(since: base, until: at(7)),
            .canceled(at: .min), .canceled(at: base), .expired(at: .max), .expired(at: at(9)),
        ]
    }

    private func terms() throws(TammError) -> [Subscription.Terms?] {
        [
            nil,
            .init(interval: .month, currency: .egp, provider: .paymob),
            .init(interval: .year, currency: try Currency("KWD"), provider: .instaPay),
            .init(
                interval: .month, currency: try Currency("JPY"),
                provider: try PaymentProviderName("p" + String(repeating: "-", count: 63))),
            .init(interval: .year, currency: .usd, provider: .stripe),
        ]
    }

    /// Rules of top-ups, stopped for every reason and not, with and without a payment that is open.
    private func topUps() throws(TammError) -> [TopUp?] {
        var rules: [TopUp?] = [nil]
        for (index, stop) in ([nil] + TopUp.Stop.allCases.map { $0 } as [TopUp.Stop?]).enumerated() {
            for pending in [nil, id() as Identifier<Payment>] {
                rules.append(
                    TopUp(
                        pack: ["small", "p.2_x-1", String(repeating: "q", count: 64)][index % 3],
                        threshold: [Credits.max, .one, .zero, Credits(unchecked: 1)][index],
                        monthlyMaximum: [1, 100, 7][index % 3], currency: try Currency(["EGP", "KWD"][index % 2]),
                        provider: index % 2 == 0 ? .paymob : .stripe, pending: pending,
                        month: [Timestamp.min, base, .max, .epoch][index], count: [0, 100, 3, 1][index], stop: stop))
            }
        }
        return rules
    }
}
