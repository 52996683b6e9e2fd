import TammCore

extension LaunchChecklist {
    static let messages = ChecklistArea(
        "Messages",
        [
            .built(WhatsAppChannel.self),
            .notBuilt(
                "channel.messenger",
                "signed webhook, stored, agent answers, credits debited, reply sent; a bad signature is refused"),
            .notBuilt(
                "channel.webchat", "the widget on another site's page chats, and refuses a site not on the list"),
            .built(CreditsExhausted.self),
            .built(ProviderFailure.self),
            .notBuilt(
                "webhook.monitoring",
                "every receipt, failure, duplicate and dead letter is counted by provider; a dead letter can be replayed"
            ),
        ])
}

/// WhatsApp's recorded delivery is verified, and refused with any byte of it changed.
struct WhatsAppChannel: LaunchRow {
    static let id = "channel.whatsapp"
    static let title = "signed webhook, stored, agent answers, credits debited, reply sent; a bad signature is refused"
    static let completeness = Completeness.partial(missing: "storing the message, the agent and the reply")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        try SignedSample.whatsApp.show("a delivery recorded from WhatsApp", row, context)
    }
}

/// Without credits the model is not called.
struct CreditsExhausted: LaunchRow {
    static let id = "agent.credits-exhausted"
    static let title = "out of credits: no model call, a reply that says so, a business alert"
    static let completeness = Completeness.partial(missing: "the reply and the alert")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        row.did("asked for a metered model call in a workspace without credits")
        let calls = Calls()
        let outcome = try await house.metering.run(house.order("run-1"), as: .service) { meter in
            calls.count()
            meter.report(.messages(channel: "webchat", count: 1))
        }
        if case .refused(.wallet(.insufficientCredits(let available, let wanted))) = outcome {
            row.evidence("refused: \(available) credits available, \(wanted) wanted; the model was called \(calls.total) times")
        } else {
            row.fail("the work was not refused: \(outcome)")
        }
        row.expect(calls.total, equals: 0, "calls of the model")
        let statement = try await house.wallets.statement(of: house.wallet, as: .service)
        row.evidence("\(statement.entries.count) entries in the ledger")
        row.expect(statement.entries.count, equals: 0, "entries in the ledger")
    }
}

/// A model that fails costs nothing and leaves no hold behind.
struct ProviderFailure: LaunchRow {
    static let id = "agent.provider-failure"
    static let title = "the model fails: the hold is released, the customer gets an answer, an alert counts"
    static let completeness = Completeness.partial(missing: "the answer and the alert")

    private struct StreamBroke: Error {}

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        try await house.grant(10, "top-up")
        row.did("the model's stream broke after it had reported some usage")
        do {
            _ = try await house.metering.run(house.order("run-1"), as: .service) { meter in
                let during = try await house.balance()
                row.evidence("while it ran: \(during.available) available, \(during.held) held")
                row.expect(!during.held.isZero, "credits are held while the model runs")
                meter.report(.messages(channel: "webchat", count: 1))
                throw StreamBroke()
            }
            row.fail("the failure was swallowed")
        } catch is StreamBroke {}
        let balance = try await house.balance()
        let holds = try await house.wallets.holds(of: house.wallet, as: .service)
        row.evidence("afterwards: \(balance.available) available, \(balance.held) held, hold \(holds.map { "\($0.status)" })")
        row.expect(balance, equals: Balance(available: try Credits(10), held: .zero, owed: .zero), "the balance")
        try await house.verify(row)
    }
}

extension DemoHouse {
    fileprivate func order(_ key: String) throws -> MeteredOrder {
        try MeteredOrder(.messages(channel: "webchat", count: 1), from: wallet, key: IdempotencyKey(key), feature: "feature.webchat")
    }
}
