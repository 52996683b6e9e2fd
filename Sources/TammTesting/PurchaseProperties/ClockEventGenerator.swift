import TammCore

/// Makes events from a seed.
struct ClockEventGenerator {
    private var random: SplitMix64
    private let scenario: PurchaseScenario
    private let paid: [PlanID]
    private let free: [PlanID]
    private let packs: [String]

    init(seed: UInt64, scenario: PurchaseScenario) {
        random = SplitMix64(seed: seed &+ 1)
        self.scenario = scenario
        paid = scenario.catalogue.plans.filter { !$0.current.prices.isEmpty }.map(\.id)
        free = scenario.catalogue.plans.filter { $0.current.prices.isEmpty }.map(\.id)
        packs = Set(scenario.catalogue.plans.flatMap { $0.current.packs.map(\.id) }).sorted()
    }

    /// 4 to 30 events in a few months.
    mutating func events() -> [ClockEvent] {
        var at = Duration.zero
        var events: [ClockEvent] = []
        for index in 0..<number(4...30) {
            if index > 0, chance(75) { at += gap() }
            let action = index < 2 && chance(80) ? beginning() : action()
            events.append(ClockEvent(at: at, workspace: number(0...1), action: action))
        }
        events.append(ClockEvent(at: at + gap(), workspace: 0, action: .nothing))
        return events
    }

    /// Purchases whose card is saved, and then time.
    mutating func cards() -> [ClockEvent] {
        var events: [ClockEvent] = []
        for workspace in 0..<2 {
            if chance(40), let plan = paid.randomElement(using: &random) {
                events.append(ClockEvent(at: .zero, workspace: workspace, action: .beginTrial(plan)))
            }
            let interval: BillingInterval = chance(85) ? .month : .year
            let request = PurchaseRequest.plan(one(of: paid + free), per: interval)
            events.append(
                ClockEvent(at: .seconds(number(0...1_000_000)), workspace: workspace, action: .buy(request, isSavingCard: true)))
        }
        events.sort { $0.at < $1.at }
        events.append(ClockEvent(at: .seconds(number(20...400) * 86_400), workspace: 0, action: .nothing))
        return events
    }

    private mutating func beginning() -> ClockEvent.Action {
        switch number(0...3) {
        case 0: .begin(one(of: free + paid))
        case 1: .beginTrial(one(of: paid + free))
        default: .buy(plan(), isSavingCard: false)
        }
    }

    private mutating func action() -> ClockEvent.Action {
        switch number(0...27) {
        case 0..<4: .buy(plan(), isSavingCard: false)
        case 4..<8: .buy(.renewal, isSavingCard: false)
        case 8: packs.isEmpty ? .nothing : .buy(.pack(one(of: packs)), isSavingCard: false)
        case 9, 10: .open(chance(50) ? plan() : .renewal)
        case 11, 12: .pay(payment: number(0...2))
        case 13, 14: .refund(payment: number(0...3), percent: one(of: [100, 100, 50, 30]))
        case 15: .dispute(payment: number(0...3), .open)
        case 16: .dispute(payment: number(0...3), one(of: [.won, .lost]))
        case 17: .applyKept(payment: number(0...3))
        case 18, 19: .endLater(chance(40) ? nil : one(of: paid + free))
        case 20: .resume
        case 21: .cancel
        case 22: .assign(one(of: paid + free))
        case 23, 24: .spend(percent: Int64(number(1...100)))
        case 25: .begin(one(of: free + paid))
        default: .beginTrial(one(of: paid + free))
        }
    }

    private mutating func plan() -> PurchaseRequest { .plan(one(of: paid + free), per: chance(80) ? .month : .year) }

    /// Whole months and days of grace at times, so that events come at boundaries.
    private mutating func gap() -> Duration {
        switch number(0...9) {
        case 0: .microseconds(number(1...3))
        case 1, 2: .seconds(number(60...86_400))
        case 3: .seconds(one(of: [28, 30, 31, 14, 7]) * 86_400)
        case 4: .seconds(one(of: [28, 30, 31, 14, 7]) * 86_400) - .microseconds(1)
        case 5: .seconds(number(30...70) * 86_400)
        default: .seconds(number(1...12) * 86_400)
        }
    }

    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
}
