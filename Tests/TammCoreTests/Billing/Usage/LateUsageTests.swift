import TammTesting
import Testing

@testable import TammCore

struct LateUsageTests {
    private func bank() async throws -> Bank {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        bank.time.set(bank.day(5))
        return bank
    }

    @Test func `Late usage is recorded once, with when it happened and when it was recorded`() async throws {
        let bank = try await bank()
        let happened = bank.day(2)
        let metering = bank.metering()
        let outcomes = try await together(10) { _ in
            try await metering.record(
                .whatsApp(3), id: "report-1".key, occurredAt: happened, from: bank.wallet, as: .service)
        }
        #expect(outcomes.filter { $0.applied != nil }.count == 1 && outcomes.filter { $0.replayed != nil }.count == 9)
        bank.time.set(bank.day(90))
        let again = try await metering.record(
            .whatsApp(3), id: "report-1".key, occurredAt: happened, from: bank.wallet, as: .service)
        #expect(again.replayed != nil)
        let recorded = try await bank.recordedUsage()
        #expect(recorded.map(\.event.occurredAt) == [happened] && recorded.map(\.recordedAt) == [bank.day(5)])
        #expect(recorded.first?.event.priceBook == PriceBook.example.version)
        let entry = try #require(try await bank.entries().last)
        #expect(entry.occurredAt == happened && entry.recordedAt == bank.day(5))
        #expect(try await bank.balance() == Balance(7.credits))
    }

    @Test func `Late usage beyond the balance is owed`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().record(
            .whatsApp(13), id: "report-1".key, occurredAt: bank.day(1), from: bank.wallet, as: .service)
        #expect(outcome.applied?.shortfall == 3.credits)
        #expect(try await bank.balance() == Balance(.zero, owed: 3.credits))
    }

    @Test func `Work and a report of the same name are two things, and both are charged`() async throws {
        let bank = try await bank()
        try await bank.assign("growth")
        let order = try MeteredOrder(.whatsApp(3), from: bank.wallet, key: "work".key)
        _ = try await bank.metering().run(order, as: .service) { _ in }
        let outcome = try await bank.metering().record(
            .whatsApp(3), id: "work".key, occurredAt: bank.day(5), from: bank.wallet, as: .service)
        #expect(outcome.applied != nil)
        #expect(try await bank.balance() == Balance(4.credits))
        #expect(try await bank.recordedUsage().count == 2)
    }

    @Test func `A report is charged once although the prices have changed since`() async throws {
        let bank = try await bank()
        func record(_ prices: PriceBook) async throws -> WalletOutcome {
            try await bank.metering(prices).record(
                .whatsApp(3), id: "report-1".key, occurredAt: bank.day(1), from: bank.wallet, as: .service)
        }
        let first = try await record(.example)
        let dearer = try PriceBook(
            version: 42, models: [:], defaultModel: nil, messages: ["whatsapp": 3.credits], documentPage: .zero)
        #expect(try await record(dearer) == first.applied.map { .replayed($0) })
    }

    @Test func `Usage that work has recorded is not recorded again under its event's name`() async throws {
        let bank = try await bank()
        try await bank.assign("growth")
        let order = try MeteredOrder(.whatsApp(3), from: bank.wallet, key: "work".key)
        _ = try await bank.metering().run(order, as: .service) { _ in }
        let outcome = try await bank.metering().record(
            .whatsApp(3), id: "work:usage".key, occurredAt: bank.day(5), from: bank.wallet, as: .service)
        #expect(outcome.refusal == .usageRecorded("work:usage".key))
        #expect(try await bank.balance() == Balance(7.credits))
    }

    @Test func `Late usage counts against the allowance, also beyond it`() async throws {
        let bank = try await bank()
        try await bank.assign("free")
        let key = QuotaCounter.Key(wallet: bank.wallet.place, meter: .messages, periodStart: bank.day(5))
        for used in [60, 120] as [UInt64] {
            _ = try await bank.metering().record(
                .whatsApp(60), id: "report-\(used)".key, occurredAt: bank.day(1), from: bank.wallet, as: .service)
            let counted = try await bank.store.transaction(as: .service) { t throws(TammError) in try t.quotas([key]) }
            #expect(counted.map(\.used) == [used])
        }
    }

    @Test func `The same report with another quantity is a conflict`() async throws {
        let bank = try await bank()
        func record(_ count: Int64) async throws -> WalletOutcome {
            try await bank.metering().record(
                .whatsApp(count), id: "report-1".key, occurredAt: bank.day(1), from: bank.wallet, as: .service)
        }
        _ = try await record(3)
        let error = await failure { try await record(4) }
        #expect(error?.code == .conflict && error?.field == "usage")
    }

    @Test func `Usage does not happen after it is recorded`() async throws {
        let bank = try await bank()
        func record(_ moment: Timestamp) async throws -> WalletOutcome {
            try await bank.metering().record(
                .whatsApp(1), id: "report-1".key, occurredAt: moment, from: bank.wallet, as: .service)
        }
        let error = await failure { try await record(bank.day(5).advanced(by: .microseconds(1))) }
        #expect(error?.code == .invalidInput && error?.field == "occurredAt")
        #expect(try await record(bank.day(5)).applied != nil)
    }

    @Test func `Late usage is booked into the open period, not into the past`() async throws {
        let bank = try await bank()
        let before = try await bank.wallets.balance(of: bank.wallet, at: bank.day(3), as: .service)
        _ = try await bank.metering().record(
            .whatsApp(3), id: "report-1".key, occurredAt: bank.day(2), from: bank.wallet, as: .service)
        #expect(try await bank.wallets.balance(of: bank.wallet, at: bank.day(3), as: .service) == before)
    }
}
