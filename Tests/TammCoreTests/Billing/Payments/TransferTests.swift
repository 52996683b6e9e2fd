import TammTesting
import Testing

@testable import TammCore

/// Transfers that people make and administrators see.
struct TransferTests {
    @Test func `Nothing but an administrator's confirmation pays`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay)
        #expect(payment.order?.text.utf8.count == 8)
        _ = try await shop.payments.claim(payment.place, reference: "AB-1", as: shop.owner)
        let twice = try await shop.payments.claim(payment.place, reference: "AB-2", as: shop.owner)
        #expect(twice.refusal == .paymentClosed(.pending))
        let rejected = try await shop.payments.rejectTransfer(payment.place, because: "not found", as: .service)
        #expect(rejected.value?.status == .failed)
        let late = try await shop.payments.confirmTransfer(payment.place, received: payment.amount, as: .service)
        #expect(late.refusal == .paymentClosed(.failed))
        shop.bank.time.advance(by: .seconds(73 * 3600))
        try await shop.run()
        #expect(try await shop.now(payment).status == .expired)
        #expect(try await shop.plan() == nil)
    }

    @Test func `No reason stops an administrator, and the audit log shows none that it cannot hold`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay)
        _ = try await shop.payments.claim(payment.place, reference: "AB-1", as: shop.owner)
        let key = PresentedAPIKey(.live, entropy: shop.bank.entropy).text
        let reason = "two\nlines, \(key) and " + String(repeating: "é", count: 500)
        let rejected = try await shop.payments.rejectTransfer(payment.place, because: reason, as: .service)
        #expect(rejected.value?.status == .failed)
        let entries = try await AuditTrail(store: shop.bank.store).entries(of: shop.workspace, limit: 1000, as: .service)
        let shown = try #require(entries.first { $0.action.name == "transfer.rejected" }?.reason)
        #expect(shown.hasPrefix("two?lines, [key] and é") && (499...500).contains(shown.utf8.count))
    }

    @Test func `A transfer that was claimed in time does not expire while nobody looks`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay)
        _ = try await shop.payments.claim(payment.place, reference: "AB1", as: shop.owner)
        shop.bank.time.advance(by: .seconds(30 * 86_400))
        try await shop.run()
        let done = try await shop.payments.confirmTransfer(payment.place, received: payment.amount, as: .service)
        #expect(done.value?.status == .confirmed)
        #expect(try await shop.plan() == "growth@2")
    }

    @Test func `A rejected claim frees its reference for the one whose transfer it was`() async throws {
        let shop = try await Shop()
        let thief = try await shop.open(.plan(PlanID("starter"), per: .month), with: .instaPay, "thief")
        let victim = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay, "victim")
        _ = try await shop.payments.claim(thief.place, reference: "777", as: shop.owner)
        #expect(
            try await shop.payments.claim(victim.place, reference: " 7-77", as: shop.owner).refusal == .referenceUsed)
        _ = try await shop.payments.rejectTransfer(thief.place, because: "another amount", as: .service)
        #expect(try await shop.payments.claim(victim.place, reference: "777", as: shop.owner).value != nil)
    }

    @Test func `Another amount than was asked is kept, and returned by hand`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay)
        _ = try await shop.payments.claim(payment.place, reference: "777", as: shop.owner)
        let kept = try await shop.payments.confirmTransfer(payment.place, received: .egp(700), as: .service)
        #expect(kept.value?.unapplied == [try .egp(700)])
        #expect(try await shop.plan() == nil)
        let error = await failure {
            try await shop.payments.recordReturn(
                .egp(701), transaction: "777", of: payment.place, because: "sent back", as: .service)
        }
        #expect(error?.code == .invalidInput)
        let returned = try await shop.payments.recordReturn(
            .egp(700), transaction: "777", of: payment.place, because: "sent back", as: .service)
        #expect(returned.value?.unapplied == [])
        #expect(try await shop.payments.forReview(as: .service).isEmpty)
    }

    @Test func `More than a transfer, a day or a month may carry is not opened`() async throws {
        let limits = InstaPay.Limits(
            perTransfer: try .egp(5000), perDay: try .egp(900), perMonth: try .egp(1000))
        let shop = try await Shop(instaPay: InstaPay(address: Shop.instaPay, limits: limits))
        func open(_ plan: String, _ interval: BillingInterval, _ key: String) async throws -> BillingRefusal? {
            try await shop.payments.open(
                .plan(PlanID(plan), per: interval), in: .egp, with: .instaPay, for: shop.workspace, key: key.key,
                as: shop.owner
            ).refusal
        }
        #expect(try await open("growth", .year, "a") == .aboveTransferLimit(maximum: try .egp(5000)))
        #expect(try await open("growth", .month, "b") == nil)
        #expect(try await open("growth", .month, "b") == nil, "the same request is answered again")
        #expect(try await open("starter", .month, "c") == .aboveTransferLimit(maximum: try .egp(900)))
        shop.bank.time.advance(by: .seconds(86_400))
        #expect(try await open("starter", .month, "d") == nil)
        shop.bank.time.advance(by: .seconds(86_400))
        #expect(try await open("starter", .month, "e") == .aboveTransferLimit(maximum: try .egp(1000)))
    }

    @Test(arguments: ["", " - ", "12#4", "١٢٣", String(repeating: "1", count: 65), String(repeating: " ", count: 300)])
    func `A reference in another form is refused`(_ text: String) async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .instaPay)
        let error = await failure { try await shop.payments.claim(payment.place, reference: text, as: shop.owner) }
        #expect(error?.code == .invalidInput && error?.field == "reference")
    }
}
