import TammCore
import TammTesting

/// A transfer pays when one of the platform's administrators has seen it on the statement, and in no other case.
struct InstaPayTransfer: LaunchRow {
    static let id = "billing.instapay"
    static let title = "a transfer an admin confirmed upgrades the plan; unconfirmed, rejected, expired or reused: not"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context, plan: "free")
        let payer = DemoShop(house)
        let paid = try await confirmed(row, payer)
        try await reused(row, payer, paid)
        try await rejected(row, try await DemoShop(house, named: "Rejected"))
        try await expired(row, try await DemoShop(house, named: "Expired"))
        try await underpaid(row, try await DemoShop(house, named: "Underpaid"))
        try await aboveLimit(row, try await DemoShop(house, named: "Above the limit"))
        try await house.verify(row)
    }

    // MARK: Confirmed

    /// - Returns: the payment that was confirmed.
    private func confirmed(_ row: RowRecorder, _ payer: DemoShop) async throws -> Payment {
        let (payments, house) = (payer.house.payments, payer.house)
        let payment = try await payer.transfer()
        row.did("the owner opened a transfer of \(payment.amount) and claimed the reference “ab12-3456 7890”")
        row.evidence("opened: to \(payment.account), with the code \(payment.order?.text ?? "none") to be written into it")
        let early = try await payments.confirmTransfer(payment.place, received: payment.amount, as: house.admin)
        row.expect(early.refusal, equals: .paymentClosed(.pending), "a confirmation before there is a claim")
        let claim = try await payments.claim(payment.place, reference: "ab12-3456 7890", as: payer.owner)
        row.expect(claim.value?.claim?.reference.text, equals: "AB1234567890", "the reference as it is compared")
        try await expectPlan("free@1", credits: 0, row, payer, "claimed and unconfirmed")

        let member = Identifier<User>(high: 2, low: 1)
        try await house.workspaces.setRole(.member, of: member, in: payer.workspace.id, as: .service)
        for (who, principal) in [("the owner", payer.owner), ("a member", .user(member, in: payer.workspace.id))] {
            await row.expectRefusal("a confirmation by \(who)") { () throws(TammError) in
                _ = try await payments.confirmTransfer(payment.place, received: payment.amount, as: principal)
            }
        }
        try await expectPlan("free@1", credits: 0, row, payer, "confirmed by its own members")

        row.did("an administrator confirmed it, twice")
        for _ in 0..<2 {
            let done = try await payments.confirmTransfer(
                payment.place, received: payment.amount, because: "on the statement", as: house.admin)
            row.expect(done.value?.status, equals: .confirmed, "the payment")
        }
        try await expectPlan("starter@1", credits: 1500, row, payer, "confirmed")
        row.expect(try await payer.recorded("payment.confirmed"), equals: 1, "confirmations in the audit log")
        return payment
    }

    // MARK: Not confirmed

    /// The same transfer, for another payment, however it is written.
    private func reused(_ row: RowRecorder, _ payer: DemoShop, _ paid: Payment) async throws {
        let other = try await DemoShop(payer.house, named: "Reuses")
        let second = try await other.transfer()
        let own = try await payer.open(.pack("pack-1000"), with: .instaPay, key: "pack")
        let forms = ["AB1234567890", "ab1234567890", " AB12 3456 7890 ", "ab-12-34-56-78-90"]
        var refused = 0
        for (shop, payment) in [(other, second), (payer, own)] {
            for form in forms {
                let outcome = try await payer.house.payments.claim(payment.place, reference: form, as: shop.owner)
                if outcome.refusal == .referenceUsed { refused += 1 }
            }
        }
        row.evidence("the same reference in \(forms.count) forms, by two workspaces: \(refused) of \(2 * forms.count) refused")
        row.expect(refused, equals: 2 * forms.count, "refusals of a used reference")
        try await expectPlan("free@1", credits: 0, row, other, "claimed with a used reference")
        try await expectPlan("starter@1", credits: 1500, row, payer, "its own reference used again")
    }

    private func rejected(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let (payments, admin) = (shop.house.payments, shop.house.admin)
        let payment = try await shop.transfer()
        _ = try await payments.claim(payment.place, reference: "NEVER1", as: shop.owner)
        let rejected = try await payments.rejectTransfer(payment.place, because: "not on the statement", as: admin)
        row.expect(rejected.value?.status, equals: .failed, "a rejected payment")
        let late = try await payments.confirmTransfer(payment.place, received: payment.amount, as: admin)
        row.expect(late.refusal, equals: .paymentClosed(.failed), "a confirmation after the rejection")
        try await expectPlan("free@1", credits: 0, row, shop, "rejected")
    }

    private func expired(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let (payments, house) = (shop.house.payments, shop.house)
        let payment = try await shop.transfer()
        house.time.set(payment.expiresAt)
        row.did("let \(payment.expiresAt.duration(since: payment.openedAt).components.seconds / 3600) hours pass")
        let claim = try await payments.claim(payment.place, reference: "LATE1", as: shop.owner)
        row.expect(claim.refusal, equals: .paymentClosed(.expired), "a claim after the end")
        let confirmed = try await payments.confirmTransfer(payment.place, received: payment.amount, as: house.admin)
        row.expect(confirmed.refusal, equals: .paymentClosed(.expired), "a confirmation after the end")
        row.expect(try await shop.read(payment).status, equals: .expired, "the payment")
        try await expectPlan("free@1", credits: 0, row, shop, "expired")
    }

    private func underpaid(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let (payments, admin) = (shop.house.payments, shop.house.admin)
        let payment = try await shop.transfer()
        _ = try await payments.claim(payment.place, reference: "SHORT1", as: shop.owner)
        let received = try payment.amount.subtracting(Money(minorUnits: 100, .egp))
        _ = try await payments.confirmTransfer(payment.place, received: received, as: admin)
        let listed = try await payments.forReview(as: admin)
        let kept = listed.flatMap(\.unapplied).map(\.description).joined(separator: ", ")
        row.evidence("confirmed with \(received) of \(payment.amount): \(kept) listed for an administrator as unapplied")
        row.expect(listed.map(\.id), equals: [payment.id], "payments listed with unapplied money")
        try await expectPlan("free@1", credits: 0, row, shop, "underpaid")
        let transaction = try row.require(listed.first?.transactions.first?.id, "the transfer")
        _ = try await payments.recordReturn(
            received, transaction: transaction, of: payment.place, because: "sent back by hand", as: admin)
        row.expect(try await payments.forReview(as: admin).count, equals: 0, "payments left with unapplied money")
    }

    private func aboveLimit(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let house = shop.house
        let year = PurchaseRequest.plan(try PlanID("enterprise"), per: .year)
        for key in ["first", "second"] { _ = try await shop.open(year, with: .instaPay, key: key) }
        let third = try await house.payments.open(
            year, in: .egp, with: .instaPay, for: shop.workspace.id, key: IdempotencyKey("third"), as: shop.owner)
        let limit = InstaPay.Limits.standard.perDay
        row.expect(third.refusal, equals: .aboveTransferLimit(maximum: limit), "a third transfer in one day")
        let opened = try await shop.payments()
        row.evidence("of three of 49990.00 EGP in one day \(opened.count) opened; the limit is \(limit)")
        row.expect(opened.count, equals: 2, "transfers opened")
        try await expectPlan("free@1", credits: 0, row, shop, "above the limit")
    }

    private func expectPlan(
        _ plan: String, credits: Int64, _ row: RowRecorder, _ shop: DemoShop, _ what: String
    ) async throws {
        let standing = try await shop.standing()
        row.evidence("\(what): \(standing)")
        row.expect(standing.plan, equals: plan, "the plan, \(what)")
        row.expect(standing.balance.available, equals: try Credits(credits), "the credits, \(what)")
    }
}

extension DemoShop {
    /// A month of starter, to be paid by a transfer.
    fileprivate func transfer() async throws -> Payment {
        try await open(.plan(PlanID("starter"), per: .month), with: .instaPay)
    }
}
