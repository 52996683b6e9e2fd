public import TammCore

/// One step of a generated sequence; what it refers to is found by its place among what earlier steps have made, so
/// that a sequence keeps its meaning when steps are taken out.
public struct BillingStep: Sendable, Hashable {
    /// What the step does.
    public enum Action: Sendable, Hashable {
        /// Days are counted from the sequence's start.
        case grant(Credits, Grant.Category, priority: Int, effectiveDay: Int?, expiryDay: Int?)
        case debit(Credits, shortfall: ShortfallPolicy, usage: Bool, quota: UInt64?)
        /// Debits all that is available, to the last credit.
        case drain
        case hold(Credits, lifetime: Duration, quota: UInt64?)
        /// A share of the hold in percent; above 100 it captures above the hold.
        case capture(hold: Int, percent: Int64, shortfall: ShortfallPolicy)
        case release(hold: Int)
        case refund(charge: Int, percent: Int64)
        case clawback(grant: Int, percent: Int64)
        case reinstate(clawback: Int)
        case writeOff(receivable: Int)
        case tidy
        /// The same request once more, under its key.
        case again(command: Int)
        /// Another request under a key that was used.
        case twist(command: Int)
        /// A usage event that is recorded already, under a new key.
        case usageAgain(Int)
        /// Time goes on, or back.
        case pass(Duration)
        /// All at the same time.
        case together([Action])
        /// One after the other in one unit of work; later ones may refer to what earlier ones make.
        case batch([Action])
    }

    /// The step's number in the sequence as it was generated; its keys are made of it.
    public let id: Int
    public let action: Action
}

extension BillingStep: CustomStringConvertible {
    public var description: String { "#\(id) \(action)" }
}

/// Amounts to generate: of grants and of charges, as a plan catalogue and a price book give them.
public struct BillingScenario: Sendable {
    public let grants: [Credits]
    public let charges: [Credits]

    /// - Parameters: amounts above zero; where none is left, 1 and 100 credits are taken.
    public init(grants: [Credits], charges: [Credits]) {
        let (some, many) = (Credits.one, Credits(unchecked: 100_000_000))
        self.grants = grants.contains { !$0.isZero } ? grants.filter { !$0.isZero } : [some, many]
        self.charges = charges.contains { !$0.isZero } ? charges.filter { !$0.isZero } : [some]
    }
}

extension BillingScenario {
    /// The monthly credits and packs of every version; the cost of small and large usage of everything that has a price.
    public init(catalogue: PlanCatalogue, prices: PriceBook) {
        let versions = catalogue.plans.flatMap(\.versions)
        let charges = Self.usage(prices).compactMap { usage in
            do throws(TammError) { return try prices.cost(of: usage) } catch { return nil }
        }
        self.init(
            grants: versions.map(\.monthlyCredits) + versions.flatMap { $0.packs.map(\.credits) }, charges: charges)
    }

    private static func usage(_ prices: PriceBook) -> [Usage] {
        var usage: [Usage] = [.documentPages(1), .documentPages(40)]
        for channel in prices.messages.keys.sorted() { usage.append(.messages(channel: channel, count: 1)) }
        for model in prices.models.keys.sorted() {
            for tokens in [(120, 40), (8000, 900), (120_000, 4000)] as [(Int64, Int64)] {
                do throws(TammError) {
                    let used = try ModelUsage(
                        promptTokens: tokens.0, cachedPromptTokens: tokens.0 / 3, completionTokens: tokens.1)
                    usage.append(.model(model, used))
                } catch { continue }
            }
        }
        return usage
    }
}

/// Makes sequences of steps from a seed.
struct BillingGenerator {
    private var random: SplitMix64
    private let scenario: BillingScenario
    /// Of the sequence's grants: what charges are measured against.
    private var scale = Credits.one

    init(seed: UInt64, scenario: BillingScenario) {
        random = SplitMix64(seed: seed)
        self.scenario = scenario
    }

    /// 1 to 200 steps: a few grants first, then a mixture; most sequences end with holds and grants open.
    mutating func sequence() -> [BillingStep] {
        let length = chance(20) ? number(1...12) : number(13...(chance(25) ? 200 : 60))
        scale = scenario.grants.randomElement(using: &random) ?? .one
        var steps: [BillingStep] = []
        for id in 0..<length {
            let action: BillingStep.Action
            if id < 3 {
                action = grant(isSoon: false)
            } else if length > 12, id >= length - 4 {
                action = id % 2 == 0 ? grant(isSoon: false) : hold(isShort: false)
            } else if chance(8) {
                action = .batch((0..<number(2...6)).map { _ in command() })
            } else if chance(6) {
                action = .together((0..<number(2...6)).map { _ in command() })
            } else {
                action = self.action()
            }
            steps.append(BillingStep(id: id, action: action))
        }
        return steps
    }

    private mutating func action() -> BillingStep.Action {
        switch number(0...99) {
        case 0..<8: .again(command: index())
        case 8..<12: .twist(command: index())
        case 12..<14: .usageAgain(index())
        case 14..<26: .pass(duration())
        default: command()
        }
    }

    private mutating func command() -> BillingStep.Action {
        switch number(0...99) {
        case 0..<12: grant(isSoon: chance(50))
        case 12..<15: .drain
        case 15..<36:
            .debit(
                charge(), shortfall: chance(85) ? .refuse : policy(), usage: chance(50),
                quota: chance(25) ? UInt64(number(1...4)) : nil)
        case 36..<53: hold(isShort: chance(60))
        case 53..<67: .capture(hold: index(), percent: percent(), shortfall: policy())
        case 67..<72: .release(hold: index())
        case 72..<78: .refund(charge: index(), percent: percent())
        case 78..<87: .clawback(grant: index(), percent: chance(60) ? 100 : percent())
        case 87..<92: .reinstate(clawback: index())
        case 92..<98: .writeOff(receivable: index())
        default: .tidy
        }
    }

    private mutating func grant(isSoon: Bool) -> BillingStep.Action {
        let amount = chance(3) ? Credits.max : chance(60) ? scale : scenario.grants.randomElement(using: &random) ?? scale
        let effectiveDay = chance(20) ? number(0...6) : nil
        let expiryDay: Int? = chance(60) ? (effectiveDay ?? 0) + (isSoon ? number(1...4) : number(20...24)) : nil
        return .grant(
            amount, one(of: Grant.Category.allCases), priority: one(of: [0, 0, 0, -1, 7]),
            effectiveDay: effectiveDay, expiryDay: expiryDay)
    }

    private mutating func hold(isShort: Bool) -> BillingStep.Action {
        .hold(
            charge(), lifetime: isShort ? .seconds(number(1...7200)) : .seconds(86_400 * number(10...31)),
            quota: chance(25) ? UInt64(number(1...4)) : nil)
    }

    /// A realistic charge, or a share of the sequence's grants, so that wallets run dry.
    private mutating func charge() -> Credits {
        if chance(30) { return scenario.charges.randomElement(using: &random) ?? .one }
        if chance(3) { return Credits(unchecked: scale.micro * 2) < .max ? Credits(unchecked: scale.micro * 2) : .max }
        return Credits(unchecked: max(1, scale.micro / Int64(number(2...15)) + Int64(number(0...999))))
    }

    private mutating func duration() -> Duration {
        switch number(0...9) {
        case 0: .seconds(-number(1...3600))
        case 1..<4: .microseconds(number(1...5_000_000))
        case 4..<8: .seconds(number(1...7200))
        default: .seconds(number(1...3) * 43_200)
        }
    }

    private mutating func percent() -> Int64 {
        one(of: [100, 100, Int64(number(1...99)), Int64(number(1...99)), Int64(number(101...300)), 0])
    }
    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices.lowerBound..<elements.indices.upperBound, using: &random)]
    }

    private mutating func policy() -> ShortfallPolicy { one(of: ShortfallPolicy.allCases) }
    private mutating func index() -> Int { number(0...1_000_000) }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
}
