import TammCore
import TammInMemory

/// A workspace buys a plan with a card, Paymob's callback confirms it, and the clock renews it a month later.
@main
struct SellPlans {
    let store = InMemoryStore()
    let entropy: EntropySource
    let paymob: LocalPaymob

    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        let secret = try SigningSecret(id: "paymob-2026", Secret("a secret of the merchant's"))
        let sales = SellPlans(entropy: entropy, paymob: LocalPaymob(secret: secret))
        let tamm = try sales.tamm(time)
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await tamm.workspaces.create(named: "Nile Books", owner: user, as: .service)
        let owner = Principal.user(user, in: workspace.id)
        var lines = try await sales.buy(workspace, owner, tamm)

        let later = TimeSource { time.now().advanced(by: .seconds(31 * 86_400)) }
        lines.append("31 days later")
        return try await lines + sales.renew(workspace, owner, sales.tamm(later))
    }

    /// The services over one store; `time` says when it is.
    func tamm(_ time: TimeSource) throws -> Tamm {
        // snippet: configure
        let billing = try BillingConfiguration(
            catalogue: .example, policy: BillingPolicy(fallback: PlanID("free")), providers: [paymob.provider])
        let tamm = Tamm(store: store, time: time, entropy: entropy, billing: billing, prices: .example)
        // end snippet
        return tamm
    }

    func buy(_ workspace: Workspace, _ owner: Principal, _ tamm: Tamm) async throws -> [String] {
        var lines: [String] = []
        // snippet: open
        let outcome = try await tamm.payments.open(
            .plan(PlanID("growth"), per: .month), in: .egp, with: .paymob, for: workspace.id,
            key: IdempotencyKey("checkout-17"), as: owner)
        // end snippet
        guard case .done(let payment) = outcome else { return ["not opened: \(outcome)"] }
        lines.append("\(payment.amount) asked for; \(try await standing(workspace, owner, tamm))")

        let (body, hmac) = try paymob.callback(for: payment)
        // snippet: receive
        let endpoint = try PaymobEndpoint(
            payments: tamm.payments, secrets: [paymob.secret], integrationIDs: [LocalPaymob.integrationID],
            ownerID: LocalPaymob.ownerID, merchantID: 246_628)
        // … in the handler of the POST, with its body as received and the `hmac` of its query:
        let received = try await endpoint.receive(body: body, hmac: hmac)
        if case .noted(.noted(let payment)) = received { lines.append("the payment is \(payment.status)") }
        // end snippet
        lines.append(try await standing(workspace, owner, tamm))
        _ = try await endpoint.receive(body: body, hmac: hmac)
        lines.append("delivered again: \(try await standing(workspace, owner, tamm))")
        do throws(TammError) {
            _ = try await endpoint.receive(body: body, hmac: String(hmac.reversed()))
        } catch {
            lines.append("with another signature: \(error.code.rawValue)")
        }
        if let order = payment.order {
            let isSaved = try await tamm.payments.save(
                cardFor: order, token: Secret("a token of the provider's"), maskedNumber: "xxxx-2346",
                brand: "MasterCard")
            lines.append("card saved: \(isSaved)")
        }
        return lines
    }

    func renew(_ workspace: Workspace, _ owner: Principal, _ tamm: Tamm) async throws -> [String] {
        var lines = [try await standing(workspace, owner, tamm)]
        // snippet: renew
        let report = try await tamm.clock.run()
        for failure in report.failures { lines.append("workspace \(failure.workspace): \(failure.error)") }
        // end snippet
        lines.append("the clock has run: \(try await standing(workspace, owner, tamm))")
        for payment in try await tamm.payments.payments(of: workspace.id, as: owner) {
            lines.append("\(payment.amount), \(payment.status)")
        }
        return lines
    }

    func standing(_ workspace: Workspace, _ owner: Principal, _ tamm: Tamm) async throws -> String {
        let subscription = try await tamm.subscriptions.subscription(of: workspace.id, as: owner)
        let plan = try await tamm.plans.plan(of: workspace.id, as: owner)?.version.reference.description
        let wallet = try await tamm.wallets.open(in: workspace.id, as: owner)
        let credits = try await tamm.wallets.balance(of: wallet, as: owner).available
        return "\(plan ?? "no plan") (\(subscription?.status.rawValue ?? "none")), \(credits) credits"
    }
}
