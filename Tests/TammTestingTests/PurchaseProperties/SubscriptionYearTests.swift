import TammCore
import TammInMemory
import TammTesting
import Testing

struct SubscriptionYearTests {
    @Test(arguments: [0, 1, 2] as [UInt64])
    func `A year of one subscription keeps every property at every tick of the clock`(policy: UInt64) async throws {
        let scenario = PurchaseScenario(
            catalogue: .example, policies: PurchaseScenario.example.policies, workspaces: 1)
        let seed = TestSeed.current / 3 * 3 + policy
        var year = Year(random: SplitMix64(seed: seed))
        let steps = try year.steps()
        let outcome = try await PurchaseProperties(scenario: scenario) { InMemoryStore() }
            .attempt(steps, seed, { _ in }, PurchaseProperty.all)
        for violation in outcome.violations {
            Issue.record("\(violation.property): \(violation.detail), \(violation.step), seed 0x\(String(seed, radix: 16))")
        }
        print("year: \(year.hours) ticks, \(outcome.mix.steps) steps, \(year.events) events, policy \(policy)")
        #expect(outcome.mix.occurrences["bought renewal"] == 1 && outcome.mix.occurrences["confirmed"] == 1)
    }
}

/// The hours of a year, and what happens in them.
private struct Year {
    var random: SplitMix64
    let hours = 8760
    private(set) var events = 0

    init(random: SplitMix64) { self.random = random }

    mutating func steps() throws -> [PurchaseStep] {
        var actions: [PurchaseStep.Action] = [.beginTrial(workspace: 0, try PlanID("starter"))]
        actions += try purchase(.plan(PlanID("starter"), per: .month)) + [.saveCard(payment: 0)]
        for _ in 0..<hours {
            actions += [.pass(.seconds(3600)), .runClock(.whole)]
            guard number(0...119) == 0 else { continue }
            let more = try event()
            events += more.count
            actions += more
        }
        return actions.enumerated().map { PurchaseStep(id: $0, action: $1) }
    }

    private mutating func event() throws -> [PurchaseStep.Action] {
        switch number(0...19) {
        case 0..<3: try purchase(.plan(PlanID(["growth", "enterprise"][number(0...1)]), per: .month))
        case 3, 4: try purchase(.plan(PlanID("starter"), per: .month)) + [.saveCard(payment: 0)]
        case 5: try purchase(.plan(PlanID("growth"), per: .year))
        case 6: purchase(.pack("pack-1000"))
        case 7: [.refund(payment: number(0...2), percent: 100), .deliver(.all)]
        case 8: [.refund(payment: number(0...2), percent: 30), .deliver(.reversed)]
        case 9: [.happen(charge: number(0...2), .disputed(.open)), .deliver(.all)]
        case 10: [.happen(charge: number(0...2), .disputed(.won)), .deliver(.all)]
        case 11: [.endLater(workspace: 0, nil)]
        case 12: [.endLater(workspace: 0, try PlanID("starter"))]
        case 13: [.resume(workspace: 0)]
        case 14, 15: [.deliver(.all)]
        case 16: [.mood([.isDown, .declines, .losesAnswers][number(0...2)])]
        case 17: purchase(.renewal)
        default: [.spend(workspace: 0, percent: Int64(number(1...100))), .mood(.answers)]
        }
    }

    /// The provider tells at once or with what happens next.
    private mutating func purchase(_ request: PurchaseRequest) -> [PurchaseStep.Action] {
        var actions: [PurchaseStep.Action] = [.open(workspace: 0, request, .egp, .paymob), .pay(payment: 0, .exact, .captured)]
        if number(0...2) > 0 { actions.append(.deliver(.all)) }
        return actions
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
}
