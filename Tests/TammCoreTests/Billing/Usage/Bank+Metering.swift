import TammTesting
import Testing

@testable import TammCore

extension Bank {
    func plans(_ catalogue: PlanCatalogue = .example) -> Plans {
        Plans(store: store, time: time.source, rules: BillingRules(catalogue: catalogue, policy: .standard))
    }

    func metering(_ prices: PriceBook = .example, catalogue: PlanCatalogue = .example) -> Metering {
        Metering(wallets: wallets, plans: plans(catalogue), prices: prices, time: time.source)
    }

    @discardableResult
    func assign(_ plan: String) async throws -> Subscription {
        try await subscriptions().assign(PlanID(plan), to: workspace, as: .service)
    }

    func subscriptions(_ catalogue: PlanCatalogue = .example) -> Subscriptions {
        Subscriptions(
            store: store, time: time.source, entropy: entropy, wallets: wallets,
            configuration: BillingConfiguration(catalogue: catalogue))
    }

    func recordedUsage() async throws -> [RecordedUsage] {
        try await wallets.usage(of: workspace, as: .service)
    }
}

extension Usage {
    /// Messages that cost a credit each.
    static func whatsApp(_ count: Int64) -> Usage { .messages(channel: "whatsapp", count: count) }
}

extension MeteredOutcome {
    var receipt: WalletReceipt? { if case .done(_, let receipt) = self { receipt } else { nil } }
    var value: Value? { if case .done(let value, _) = self { value } else { nil } }
    var refusal: MeteringRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}
