import Synchronization
import TammCore
import TammInMemory
import TammTesting
import Testing

struct ClockPropertiesTests {
    private static let properties = ClockProperties { InMemoryStore() }

    @Test(arguments: ClockProperties.Kind.allCases)
    func `Events come to the same, whenever the clock runs`(kind: ClockProperties.Kind) async throws {
        let failures = try await Self.properties.run(kind, sequences: kind == .events ? 150 : 30)
        for failure in failures { Issue.record("\(failure)") }
    }

    @Test func `A late clock that skips the months it has missed is caught`() async throws {
        let fault: @Sendable (inout PurchaseRules) -> Void = { rules in
            let now = Moment()
            let isDue = rules.billing.isDue
            rules.billing.isDue = { moment, present in
                now.latest.withLock { $0 = present }
                return isDue(moment, present)
            }
            rules.billing.credited = { through, end in max(through, end, now.latest.withLock { $0 }) }
        }
        #expect(try await finds(fault, .events))
    }

    @Test func `A renewal that begins when it is paid is caught where the clock charges late`() async throws {
        #expect(try await finds({ $0.billing.renewsFrom = { _, now in now } }, .cards))
    }

    private final class Moment: Sendable {
        let latest = Mutex(Timestamp.min)
    }

    private func finds(
        _ fault: @Sendable (inout PurchaseRules) -> Void, _ kind: ClockProperties.Kind
    ) async throws -> Bool {
        var seeds = SplitMix64(seed: TestSeed.current)
        for _ in 0..<30 {
            let found = try await Self.properties.run(one: seeds.next(), kind, changing: fault)
            if !found.isEmpty { return true }
        }
        return false
    }
}
