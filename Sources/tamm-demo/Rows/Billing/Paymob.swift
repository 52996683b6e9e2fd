import TammCore
import TammTesting

/// Paymob's own sample callback pays for a plan once; what is forged, undecided or does not fit changes nothing.
struct Paymob: LaunchRow {
    static let id = "billing.paymob"
    static let title =
        "a genuine signed callback upgrades the plan and grants its credits, once; no other one changes anything"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let sample = RecordedDelivery.paymobSample
        let provider = SimulatedProvider(
            .paymob, account: "\(RecordedDelivery.paymobOwnerID)", firstOrder: 217_503_754)
        let house = try await DemoHouse(context, plan: "free", catalogue: .withGrowthForThousand(), provider: provider)
        let shop = DemoShop(house)
        let desk = try PaymobDesk(house, context)
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        row.did("published growth@3 for 1,000.00 EGP a month; the owner opened a payment for it")
        row.expect(payment.order?.text, equals: "217503754", "the order")
        row.expect(payment.amount, equals: try Money(minorUnits: 100_000, .egp), "the amount")
        row.evidence("opened: order 217503754, \(payment.amount); the workspace is on \(try await shop.plan())")
        try SignedSample.paymob.show("Paymob's documented sample", row, context)
        row.did("sent forgeries and the redirect for the open order, then what is signed and no money")
        try await refuseForgeries("unpaid", row, shop, desk)
        try await redirect(row, shop, desk)
        try await undecided(row, shop, desk)
        try await genuine(.init(sample), row, shop, desk)
        row.did("sent the forgeries again for the paid order")
        try await refuseForgeries("paid", row, shop, desk)
        try await PaymobMisfits(shop: shop, desk: desk).run(row)
        try await house.verify(row)
    }

    // MARK: Forged

    /// Deliveries that Paymob did not send: other values under the sample's signature, signatures for other accounts.
    private func forgeries(
        _ desk: PaymobDesk
    ) throws(TammError) -> [(name: String, deliveries: [PaymobTransactionSignature.Delivery])] {
        let sample = PaymobTransactionCallback.sample
        let hmac = RecordedDelivery.paymobSample.signature
        func shifted(_ changes: [String: String]) -> PaymobTransactionSignature.Delivery {
            .init(body: sample.with(changes).body, hmac: hmac)
        }
        return [
            (
                "digits shifted across two fields, the signature still fitting",
                [
                    shifted(["id": "19203646", "integration_id": "54097558"]),
                    shifted(["order.id": "21750375", "owner": "4302852"]),
                    shifted(["amount_cents": "1000002", "created_at": #""024-06-13T11:33:44.592345""#]),
                ]
            ),
            (
                "another integration or owner, signed with our secret",
                [
                    try desk.signed(sample.with(["integration_id": "4097559"])),
                    try desk.signed(sample.with(["owner": "302853"])),
                ]
            ),
            (
                "another amount, currency, order or transaction, or no signature",
                [
                    shifted(["amount_cents": "1"]), shifted(["currency": #""USD""#]),
                    shifted(["order.id": "217503755"]), shifted(["id": "192036466"]), .init(body: sample.body, hmac: nil),
                ]
            ),
            (
                "the redirect's query sent as a callback",
                [.init(body: Array(sample.query(hmac: hmac).utf8), hmac: hmac)]
            ),
        ]
    }

    /// Sends every forgery: each is refused, and nothing has changed after it.
    private func refuseForgeries(
        _ state: String, _ row: RowRecorder, _ shop: DemoShop, _ desk: PaymobDesk
    ) async throws {
        let before = try await shop.standing()
        for (name, deliveries) in try forgeries(desk) {
            var refusals: [String] = []
            for delivery in deliveries {
                do throws(TammError) {
                    try await desk.receive(delivery)
                } catch {
                    row.expect([.unauthenticated, .invalidInput].contains(error.code), "refused as forged, found \(error)")
                    refusals.append(error.signatureRefusal?.rawValue ?? error.field ?? error.code.rawValue)
                }
            }
            let reasons = Set(refusals).sorted().joined(separator: ", ")
            row.evidence("\(state), \(name): \(refusals.count) of \(deliveries.count) refused (\(reasons))")
            row.expect(refusals.count, equals: deliveries.count, "refusals of \(name)")
            try await row.expectUnchanged(shop, since: before, "what the workspace has after \(name)")
        }
    }

    /// What the browser brings back is shown; no function takes it for a callback.
    private func redirect(_ row: RowRecorder, _ shop: DemoShop, _ desk: PaymobDesk) async throws {
        let before = try await shop.standing()
        let query = PaymobTransactionCallback.sample.query(hmac: RecordedDelivery.paymobSample.signature)
        let shown = try desk.scheme.verifyForDisplay(query: query)
        row.expect(shown.outcome, equals: .succeeded, "what the redirect says")
        row.evidence("a genuine redirect says \(shown.outcome) for order \(shown.orderID); the store: \(before)")
        try await row.expectUnchanged(shop, since: before, "what the workspace has after the redirect")
    }

    // MARK: Genuine

    /// Signed transactions that are not money: noted, and nothing more.
    private func undecided(_ row: RowRecorder, _ shop: DemoShop, _ desk: PaymobDesk) async throws {
        let before = try await shop.standing()
        for (name, changes) in [
            ("declined", ["id": "192036463", "success": "false"]),
            ("reserved and not captured", ["id": "192036464", "is_auth": "true"]),
            ("pending", ["success": "false", "pending": "true"]),
        ] {
            try await desk.receive(desk.signed(.sample.with(changes)))
            let after = try await shop.standing()
            row.evidence("\(name): \(after)")
            row.expect(after.plan, equals: before.plan, "the plan after \(name)")
            row.expect(after.balance, equals: before.balance, "the credits after \(name)")
            row.expect(after.entries, equals: before.entries, "the ledger's entries after \(name)")
            row.expect(after.payments.allSatisfy { $0.applied == nil }, "no payment has money after \(name)")
        }
    }

    /// The sample itself, ten times, some at the same time and some with other unsigned fields.
    private func genuine(
        _ sample: PaymobTransactionSignature.Delivery, _ row: RowRecorder, _ shop: DemoShop, _ desk: PaymobDesk
    ) async throws {
        var dressed = PaymobTransactionCallback.sample
        dressed.unsigned = [
            #""merchant_order_id":"another""#, #""is_refund":true"#, #""is_void":true"#, #""is_captured":false"#,
            #""captured_amount":0"#, #""refunded_amount_cents":100000"#, #""parent_transaction":1"#,
            #""updated_at":"2030-01-01T00:00:00""#, #""payment_key_claims":{"amount_cents":1}"#,
        ]
        let changed = PaymobTransactionSignature.Delivery(body: dressed.body, hmac: sample.hmac)
        row.did("delivered the sample ten times, six at the same time, every second one with other unsigned fields")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask { try await desk.receive(number.isMultiple(of: 2) ? sample : changed) }
            }
            try await group.waitForAll()
        }
        for number in 0..<4 { try await desk.receive(number.isMultiple(of: 2) ? sample : changed) }
        let after = try await shop.standing()
        let log = try await written(shop, "subscription.paid", "payment.confirmed")
        row.evidence("\(after)")
        row.evidence("in the audit log: \(log)")
        row.expect(after.plan, equals: "growth@3", "the plan")
        row.expect(after.status, equals: "active", "the subscription")
        row.expect(after.balance, equals: Balance(available: try Credits(7500), held: .zero, owed: .zero), "the wallet")
        row.expect(after.entries, equals: 1, "the ledger's entries")
        row.expect(after.payments.map(\.status), equals: [.confirmed], "the payments")
        row.expect(after.payments.first?.applied?.id, equals: "192036465", "the transaction that paid")
        row.expect(log, equals: "1 × subscription.paid, 1 × payment.confirmed", "what was written down")
    }

    private func written(_ shop: DemoShop, _ actions: String...) async throws -> String {
        var counts: [String] = []
        for action in actions { counts.append("\(try await shop.recorded(action)) × \(action)") }
        return counts.joined(separator: ", ")
    }
}

extension PlanCatalogue {
    /// The example with `growth@3`, for the price of Paymob's sample: 1,000.00 EGP a month.
    static func withGrowthForThousand() throws(TammError) -> PlanCatalogue {
        let growth = try example.current(of: PlanID("growth"))
        return try example.publishing(
            PlanVersion(
                PlanVersionReference(growth.reference.plan, version: growth.reference.version + 1),
                monthlyCredits: growth.monthlyCredits,
                prices: [PlanPrice(Money(minorUnits: 100_000, .egp), per: .month)], packs: growth.packs,
                entitlements: growth.entitlements, rateLimits: growth.rateLimits, retentionDays: growth.retentionDays,
                trialDays: growth.trialDays, rolloverMonths: growth.rolloverMonths))
    }
}
