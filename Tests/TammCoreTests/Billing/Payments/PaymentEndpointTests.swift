import TammTesting
import Testing

@testable import TammCore

/// Deliveries of providers, from their bytes to what they change.
struct PaymentEndpointTests {
    /// A shop whose growth plan costs what Paymob's sample pays, and whose first order is the sample's.
    private static func paymob(
        firstOrder: Int64 = 217_503_754
    ) async throws -> (shop: Shop, endpoint: PaymobEndpoint) {
        let growth = try PlanCatalogue.example.current(of: PlanID("growth"))
        let priced = try PlanVersion(
            PlanVersionReference(parsing: "growth@3"), monthlyCredits: growth.monthlyCredits,
            prices: [PlanPrice(.egp(1000), per: .month)], packs: growth.packs, entitlements: growth.entitlements,
            rateLimits: growth.rateLimits, retentionDays: growth.retentionDays, trialDays: growth.trialDays)
        let shop = try await Shop(
            catalogue: PlanCatalogue.example.publishing(priced), firstOrder: firstOrder)
        let secret = try SigningSecret(id: "sample", Secret(RecordedDelivery.paymobSample.secret))
        let endpoint = try PaymobEndpoint(
            payments: shop.payments, secrets: [secret], integrationIDs: [RecordedDelivery.paymobIntegrationID],
            ownerID: RecordedDelivery.paymobOwnerID, merchantID: RecordedDelivery.paymobMerchantID)
        return (shop, endpoint)
    }

    @Test func `Paymob's own sample pays what it was opened for, once`() async throws {
        let (shop, endpoint) = try await Self.paymob()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        #expect(payment.order?.text == "217503754")
        let sample = RecordedDelivery.paymobSample
        for _ in 0..<3 {
            guard case .noted(.noted(let after)) = try await endpoint.receive(body: sample.body, hmac: sample.signature)
            else { throw TammError(.notFound, "no payment noted") }
            #expect(after.status == .confirmed && after.transactions.map(\.id) == ["192036465"])
        }
        #expect(try await shop.plan() == "growth@3")
        #expect(try await shop.bank.balance() == Balance(7500.credits))
    }

    @Test func `A callback whose signature does not fit does nothing`() async throws {
        let (shop, endpoint) = try await Self.paymob()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        let sample = RecordedDelivery.paymobSample
        let other = Array(String(decoding: sample.body, as: UTF8.self).replacing("100000", with: "100001").utf8)
        for (body, hmac) in [(other, sample.signature), (sample.body, nil), (sample.body, "00")] {
            let error = await failure { try await endpoint.receive(body: body, hmac: hmac) }
            #expect(error?.code == .unauthenticated)
        }
        #expect(try await shop.now(payment).transactions.isEmpty)
        #expect(try await shop.plan() == nil)
    }

    @Test func `Money for an order that nobody has opened is kept, and finds its payment`() async throws {
        let (shop, endpoint) = try await Self.paymob()
        let sample = RecordedDelivery.paymobSample
        #expect(
            try await endpoint.receive(body: sample.body, hmac: sample.signature) == .noted(.unmatched))
        let kept = try await shop.payments.unmatched(as: .service)
        #expect(try kept.map(\.transaction.money) == [.egp(1000)])
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        #expect(payment.status == .confirmed)
        #expect(try await shop.payments.unmatched(as: .service).isEmpty)
        #expect(try await shop.plan() == "growth@3")
    }

    @Test func `A saved card is kept for the workspace of its order, and the service alone reads it`() async throws {
        let sample = RecordedDelivery.paymobCardToken
        let secret = try SigningSecret(id: "sample", Secret(sample.secret))
        let signed = try PaymobCardTokenSignature(secrets: [secret], merchantID: RecordedDelivery.paymobMerchantID)
            .verify(.init(body: sample.body, hmac: sample.signature), at: .epoch)
        let (shop, endpoint) = try await Self.paymob(firstOrder: signed.card.orderID)
        let early = try await endpoint.receive(body: sample.body, hmac: sample.signature)
        #expect(early == .ignored(type: "TOKEN"))
        try await shop.open(.plan(PlanID("growth"), per: .month))
        for _ in 0..<2 {
            #expect(try await endpoint.receive(body: sample.body, hmac: sample.signature) == .savedCard)
        }
        let workspace = shop.workspace
        let readers: [Principal] = [.service, shop.owner, .ledger, .platformAdmin(Bank.ownerID)]
        for reader in readers {
            let found = try await shop.bank.store.transaction(as: reader) { t throws(TammError) in
                try t.savedCard(of: workspace)
            }
            #expect(found?.token == (reader == .service ? signed.card.token : nil))
        }
        try await shop.payments.forgetCard(of: workspace, as: shop.owner)
        let kept = try await shop.bank.store.transaction(as: .service) { t throws(TammError) in
            try t.savedCard(of: workspace)
        }
        #expect(kept == nil)
    }

    // MARK: Stripe

    private struct StripeShop {
        let shop: Shop
        let endpoint: StripeEndpoint
        let signature: StripeSignature

        init() async throws {
            shop = try await Shop(provider: SimulatedProvider(.stripe, account: "acct_1"))
            signature = try StripeSignature(secrets: [SigningSecret(id: "test", Secret("whsec_test_secret_of_24_bytes"))])
            endpoint = try StripeEndpoint(payments: shop.payments, signature: signature, account: "acct_1")
        }

        func deliver(_ type: String, _ object: String) async throws -> EndpointOutcome {
            let body = Array(#"{"id":"evt_1","type":"\#(type)","data":{"object":\#(object)}}"#.utf8)
            let unsigned = StripeSignature.Delivery(body: body, signedAt: shop.bank.time.now)
            let header = try signature.signature(for: unsigned)
            return try await endpoint.receive(body: body, header: header)
        }
    }

    @Test func `Stripe's events move a payment through the same port`() async throws {
        let stripe = try await StripeShop()
        let shop = stripe.shop
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month), with: .stripe)
        let order = try #require(payment.order?.text)
        let intent = #""id":"\#(order)","currency":"egp","latest_charge":"ch_1""#
        _ = try await stripe.deliver("payment_intent.processing", #"{\#(intent)}"#)
        _ = try await stripe.deliver("payment_intent.amount_capturable_updated", #"{\#(intent),"amount_capturable":79900}"#)
        #expect(try await shop.plan() == nil)
        _ = try await stripe.deliver("payment_intent.succeeded", #"{\#(intent),"amount_received":79900}"#)
        #expect(try await shop.plan() == "growth@2")
        _ = try await stripe.deliver("charge.dispute.created", #"{"charge":"ch_1","payment_intent":"\#(order)","status":"needs_response"}"#)
        #expect(try await shop.now(payment).status == .refunded)
        #expect(try await shop.bank.balance() == Balance(.zero))
        #expect(try await shop.plan() == "free@1")
        _ = try await stripe.deliver(
            "charge.dispute.closed", #"{"charge":"ch_1","payment_intent":"\#(order)","status":"won"}"#)
        #expect(try await shop.now(payment).status == .confirmed)
        #expect(try await shop.bank.balance() == Balance(7500.credits))
        _ = try await stripe.deliver(
            "charge.refunded", #"{"id":"ch_1","payment_intent":"\#(order)","amount_refunded":79900}"#)
        #expect(try await shop.now(payment).status == .refunded)
        #expect(try await shop.bank.balance() == Balance(.zero))
        #expect(try await shop.bank.wallets.verify(as: .service).findings.isEmpty)
    }

    @Test func `An event that payments do not know is ignored, and one in another form is refused`() async throws {
        let stripe = try await StripeShop()
        #expect(
            try await stripe.deliver("checkout.session.completed", "{}")
                == .ignored(type: "checkout.session.completed"))
        let error = await failure {
            try await stripe.deliver("payment_intent.succeeded", #"{"id":"pi_1","currency":"egp","amount_received":1}"#)
        }
        #expect(error?.code == .invalidInput && error?.field == "data.object.latest_charge")
    }
}
