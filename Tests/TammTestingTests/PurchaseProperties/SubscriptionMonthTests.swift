import TammCore
import TammInMemory
import TammTesting
import Testing

struct SubscriptionMonthTests {
    @Test func `A month of ten thousand subscriptions keeps every property at every step`() async throws {
        let month = SubscriptionMonth(subscriptions: 10_000) { InMemoryStore() }
        let report = try await month.run()
        for failure in report.failures.prefix(3) { Issue.record("\(failure)") }
        let events = report.events.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print(
            """
            month: 10000 subscriptions, \(report.steps) steps, \(report.checks) checks, working \(report.working), \
            slowest \(report.slowest) (\(report.slowestStep)); \(events.joined(separator: ", "))
            """)
        for name in ["confirmed renewal", "confirmed upgrade", "confirmed pack", "refund", "late callback", "became expired"] {
            #expect(report.events[name, default: 0] >= 50, "\(name) happens too rarely")
        }
    }
}
