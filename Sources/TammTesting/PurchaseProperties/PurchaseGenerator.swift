import TammCore

/// Makes sequences of steps from a seed.
struct PurchaseGenerator {
    private typealias Action = PurchaseStep.Action

    private var random: SplitMix64
    private let scenario: PurchaseScenario
    private let paid: [PlanID]
    private let free: [PlanID]
    private let packs: [String]

    init(seed: UInt64, scenario: PurchaseScenario) {
        random = SplitMix64(seed: seed)
        self.scenario = scenario
        paid = scenario.catalogue.plans.filter { !$0.current.prices.isEmpty }.map(\.id)
        free = scenario.catalogue.plans.filter { $0.current.prices.isEmpty }.map(\.id)
        packs = Set(scenario.catalogue.plans.flatMap { $0.current.packs.map(\.id) }).sorted()
    }

    /// 1 to 100 steps, made of what usually follows one another, with steps left out at times.
    mutating func sequence() -> [PurchaseStep] {
        let length = chance(15) ? number(1...12) : number(13...(chance(25) ? 100 : 60))
        var actions: [Action] = []
        while actions.count < length {
            for action in fragment() where !chance(4) { actions.append(action) }
        }
        return actions.prefix(length).enumerated().map { PurchaseStep(id: $0, action: $1) }
    }

    // MARK: What follows one another

    private mutating func fragment() -> [Action] {
        let workspace = self.workspace()
        switch number(0...99) {
        case 0..<22: return purchase(plan(), in: workspace)
        case 22..<30: return purchase(.renewal, in: workspace)
        case 30..<37: return purchase(pack(), in: workspace)
        case 37..<42: return trial(in: workspace)
        case 42..<46: return [.begin(workspace: workspace, one(of: free, else: paid))]
        case 46..<51: return returned()
        case 51..<54: return change(in: workspace)
        case 54..<60: return transfer(in: workspace)
        case 60..<66: return card(in: workspace)
        case 66..<71: return reserved(in: workspace)
        case 71..<83: return [pass(), .runClock(run())]
        case 83..<87: return trouble(in: workspace)
        case 87..<90: return late(in: workspace)
        default: return [single(in: workspace)]
        }
    }

    private mutating func purchase(_ request: PurchaseRequest, in workspace: Int) -> [Action] {
        var actions: [Action] = [open(request, in: workspace)]
        if chance(10) { actions.append(chance(50) ? .openAgain(payment: 0) : pass()) }
        let tender = chance(80) ? PurchaseStep.Tender.exact : one(of: PurchaseStep.Tender.allCases)
        if chance(12) { actions.append(.pay(payment: 0, tender, .declined)) }
        actions.append(.pay(payment: 0, tender, .captured))
        actions.append(.deliver(chance(75) ? .all : one(of: PurchaseStep.Delivery.allCases)))
        if tender != .exact, chance(60) { actions.append(.applyKept(payment: 0)) }
        if chance(10) { actions += [.pay(payment: 0, .exact, .captured), .deliver(.all)] }
        if chance(20) { actions.append(.tellAll(payment: 0)) }
        if chance(25) { actions.append(.spend(workspace: workspace, percent: Int64(number(1...100)))) }
        return actions
    }

    private mutating func trial(in workspace: Int) -> [Action] {
        let plan = one(of: paid, else: paid + free)
        var actions: [Action] = [.beginTrial(workspace: workspace, plan)]
        if chance(50) { actions += purchase(.plan(plan, per: interval()), in: workspace) }
        if chance(60) { actions += [.passTo(moment: 0, microseconds: offset()), .runClock(run())] }
        if chance(25) {
            actions += [.passTo(moment: 2, microseconds: 86_400_000_000), .beginTrial(workspace: workspace, plan)]
        }
        return actions
    }

    /// What is paid for is to end or to go on otherwise; the next period is paid ahead, and then it is raised.
    private mutating func change(in workspace: Int) -> [Action] {
        var actions = purchase(.plan(one(of: paid.dropFirst().map(\.self), else: paid + free), per: .month), in: workspace)
        if chance(50) { actions += purchase(.plan(one(of: paid.suffix(1), else: paid + free), per: .month), in: workspace) }
        if chance(60) {
            actions.append(.endLater(workspace: workspace, chance(30) ? nil : one(of: paid + free, else: paid + free)))
            if chance(30) { actions.append(.resume(workspace: workspace)) }
        }
        if chance(70) { actions += purchase(.renewal, in: workspace) }
        if chance(60) { actions += purchase(.plan(one(of: paid, else: paid + free), per: .month), in: workspace) }
        if chance(30) { actions += [.refund(payment: number(0...2), percent: 100), .deliver(.all)] }
        if chance(60) { actions += [.passTo(moment: 0, microseconds: offset()), .runClock(run())] }
        return actions
    }

    private mutating func returned() -> [Action] {
        let (payment, charge) = (older(), older())
        switch number(0...9) {
        case 0..<2: return [.refund(payment: payment, percent: 100), .deliver(.all)]
        case 2..<4:
            return [
                .refund(payment: payment, percent: percent()), .refund(payment: payment, percent: percent()),
                .deliver(.reversed),
            ]
        case 4: return [.happen(charge: charge, .refunded(percent: percent())), .deliver(.all)]
        case 5: return [chance(50) ? .void(payment: payment) : .happen(charge: charge, .voided), .deliver(.all)]
        case 6..<9:
            var actions: [Action] = [.happen(charge: charge, .disputed(.open)), .deliver(.all)]
            if chance(50) { actions.append(.spend(workspace: workspace(), percent: 100)) }
            if chance(20) { actions.append(.refund(payment: payment, percent: percent())) }
            actions += [.happen(charge: charge, .disputed(chance(65) ? .won : .lost)), .deliver(chance(80) ? .all : .reversed)]
            return actions
        default: return [.recordReturn(payment: payment, percent: percent())]
        }
    }

    private mutating func transfer(in workspace: Int) -> [Action] {
        let request = chance(50) ? plan() : pack()
        var actions: [Action] = [
            .open(workspace: workspace, request, scenario.currencies[0], .instaPay),
            .claim(payment: 0, reference: number(0...5)),
        ]
        if chance(15) { actions.append(.rejectTransfer(payment: 0)) }
        if chance(25) { actions.append(pass()) }
        let tender = chance(80) ? PurchaseStep.Tender.exact : one(of: PurchaseStep.Tender.allCases)
        actions.append(.confirmTransfer(payment: 0, tender))
        if chance(25) { actions.append(.claim(payment: 0, reference: number(0...5))) }
        if chance(20) { actions.append(.recordReturn(payment: 0, percent: percent())) }
        return actions
    }

    /// A card is saved and pays by itself: renewals and top-ups.
    private mutating func card(in workspace: Int) -> [Action] {
        var actions = purchase(plan(), in: workspace) + [.saveCard(payment: 0)]
        if chance(70) {
            let maximum = number(1...3)
            actions.append(.setTopUp(workspace: workspace, below: below(), monthlyMaximum: maximum))
            for _ in 0..<number(1...3) {
                if chance(15) { actions.append(mood()) }
                actions += [.spend(workspace: workspace, percent: 100), .topUp(workspace: workspace)]
            }
            if chance(30) { actions.append(.refund(payment: 0, percent: percent())) }
            if chance(30) { actions.append(.topUp(workspace: workspace)) }
        }
        if chance(60) { actions += [.passTo(moment: number(0...2), microseconds: offset()), .runClock(run())] }
        return actions
    }

    private mutating func reserved(in workspace: Int) -> [Action] {
        var actions: [Action] = [open(plan(), in: workspace), .pay(payment: 0, .exact, .reserved), .deliver(.all)]
        if chance(20) { actions.append(pass()) }
        actions.append(chance(50) ? .capture(payment: 0) : .happen(charge: 0, chance(70) ? .captured : .voided))
        actions.append(.deliver(chance(70) ? .all : .reversed))
        return actions
    }

    /// The provider is in another mood for a while.
    private mutating func trouble(in workspace: Int) -> [Action] {
        var actions: [Action] = [mood(), open(chance(70) ? plan() : pack(), in: workspace)]
        if chance(50) { actions.append(.pay(payment: 0, .exact, .captured)) }
        if chance(50) { actions.append(.runClock(run())) }
        if chance(40) { actions.append(.refund(payment: older(), percent: 100)) }
        actions += [.mood(.answers), .pass(.seconds(number(60...7200))), .runClock(run())]
        return actions
    }

    /// Money that comes when its time is just over, or just not.
    private mutating func late(in workspace: Int) -> [Action] {
        var actions: [Action] = [open(chance(50) ? plan() : pack(), in: workspace)]
        if chance(30) { actions.append(.pay(payment: 0, .exact, .captured)) }
        actions.append(.passTo(moment: number(0...3), microseconds: offset()))
        if chance(40) { actions.append(.runClock(run())) }
        actions += [.pay(payment: 0, .exact, .captured), .deliver(chance(80) ? .all : .lost)]
        if chance(40) { actions.append(.applyKept(payment: 0)) }
        return actions
    }

    private mutating func single(in workspace: Int) -> Action {
        switch number(0...29) {
        case 0: .openAgain(payment: older())
        case 1: .payStranger(order: number(0...3))
        case 2, 3: .tellAll(payment: older())
        case 4: .tellChanged(payment: older())
        case 5: .claim(payment: older(), reference: number(0...5))
        case 6: .confirmTransfer(payment: older(), one(of: PurchaseStep.Tender.allCases))
        case 7: .rejectTransfer(payment: older())
        case 8: .applyKept(payment: older())
        case 9: .capture(payment: older())
        case 10, 11: .endLater(workspace: workspace, nil)
        case 12...14: .endLater(workspace: workspace, one(of: paid + free, else: paid + free))
        case 15: .resume(workspace: workspace)
        case 16, 17: .cancel(workspace: workspace)
        case 18: .assign(workspace: workspace, one(of: paid + free, else: paid + free))
        case 19: .spend(workspace: workspace, percent: Int64(number(1...100)))
        case 20: .hold(workspace: workspace, percent: Int64(number(1...100)))
        case 21: .forgetCard(workspace: workspace)
        case 22: .removeTopUp(workspace: workspace)
        case 23: .topUp(workspace: workspace)
        case 24: mood()
        case 25: .mood(.answers)
        case 26: .deliver(one(of: PurchaseStep.Delivery.allCases))
        default: pass()
        }
    }

    // MARK: Parts

    private mutating func open(_ request: PurchaseRequest, in workspace: Int) -> Action {
        let currency = chance(85) ? scenario.currencies[0] : one(of: scenario.currencies, else: scenario.currencies)
        return .open(workspace: workspace, request, currency, chance(92) ? .paymob : .instaPay)
    }

    private mutating func plan() -> PurchaseRequest {
        .plan(one(of: chance(95) ? paid : paid + free, else: paid + free), per: interval())
    }

    private mutating func pack() -> PurchaseRequest { packs.isEmpty ? .renewal : .pack(one(of: packs)) }

    private mutating func interval() -> BillingInterval { chance(75) ? .month : .year }

    private mutating func below() -> Credits {
        Credits(unchecked: Int64(number(1...3000)) * 1_000_000)
    }

    private mutating func mood() -> Action {
        .mood(one(of: [.isDown, .losesAnswers, .declines, .declines]))
    }

    private mutating func run() -> PurchaseStep.ClockRun {
        switch number(0...19) {
        case 0..<12: .whole
        case 12..<14: .twice
        case 14..<16: .limited(number(1...3))
        case 16: .together
        default: .interrupted(transaction: number(1...12))
        }
    }

    private mutating func pass() -> Action {
        switch number(0...9) {
        case 0: .pass(.microseconds(number(1...5_000_000)))
        case 1, 2: .pass(.seconds(number(60...86_400)))
        case 3: .pass(.seconds(number(1...10) * 86_400))
        case 4: .pass(.seconds(number(20...200) * 86_400))
        default: .passTo(moment: number(0...4), microseconds: offset())
        }
    }

    /// Just before, at, just after, or some time after.
    private mutating func offset() -> Int64 { one(of: [-1, 0, 0, 1, Int64(number(1...90_000)) * 1_000_000]) }

    private mutating func percent() -> Int64 { one(of: [100, 50, 1, 99, Int64(number(1...120))]) }

    /// The newest mostly.
    private mutating func older() -> Int { chance(60) ? number(0...1) : number(0...30) }

    private mutating func workspace() -> Int { chance(60) ? 0 : number(0...max(0, scenario.workspaces - 1)) }

    private mutating func one<Element>(of elements: [Element], else others: [Element] = []) -> Element {
        let elements = elements.isEmpty ? others : elements
        return elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
}
