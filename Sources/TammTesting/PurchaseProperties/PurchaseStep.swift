public import TammCore

/// One step of a generated sequence; what it refers to is found by its place among what there is, so that a sequence
/// keeps its meaning when steps are taken out. Place 0 is the newest.
public struct PurchaseStep: Sendable, Hashable {
    /// What the step does. A step that refers to what is not there does nothing.
    public enum Action: Sendable, Hashable {
        case begin(workspace: Int, PlanID)
        case beginTrial(workspace: Int, PlanID)
        case open(workspace: Int, PurchaseRequest, Currency, PaymentProviderName)
        /// The same request under the same key once more.
        case openAgain(payment: Int)
        /// The payer pays by card.
        case pay(payment: Int, Tender, Form)
        /// Somebody pays for an order that was never opened here.
        case payStranger(order: Int)
        /// Something happens to a card's charge at the provider.
        case happen(charge: Int, Happening)
        /// What the provider has to say arrives, or is lost.
        case deliver(Delivery)
        /// The provider tells all of a payment's order again, the last first.
        case tellAll(payment: Int)
        /// The provider hints that something happened to the payment's order.
        case tellChanged(payment: Int)
        case claim(payment: Int, reference: Int)
        case confirmTransfer(payment: Int, Tender)
        case rejectTransfer(payment: Int)
        /// An administrator applies the payment's unapplied money.
        case applyKept(payment: Int)
        /// An administrator gives back a share, in percent of what was captured, through the provider.
        case refund(payment: Int, percent: Int64)
        case void(payment: Int)
        case capture(payment: Int)
        /// An administrator writes down that a share went back.
        case recordReturn(payment: Int, percent: Int64)
        /// Ends when what is paid for does, or moves to the plan.
        case endLater(workspace: Int, PlanID?)
        case resume(workspace: Int)
        case cancel(workspace: Int)
        case assign(workspace: Int, PlanID)
        /// A share of what is available, in percent.
        case spend(workspace: Int, percent: Int64)
        case hold(workspace: Int, percent: Int64)
        case saveCard(payment: Int)
        case forgetCard(workspace: Int)
        case setTopUp(workspace: Int, below: Credits, monthlyMaximum: Int)
        case removeTopUp(workspace: Int)
        case topUp(workspace: Int)
        case mood(SimulatedProvider.Mood)
        case pass(Duration)
        /// Time goes on to one of the next moments at which something falls due, and so many microseconds further.
        case passTo(moment: Int, microseconds: Int64)
        case runClock(ClockRun)
    }

    /// How much is paid.
    public enum Tender: Sendable, Hashable, CaseIterable {
        case exact, under, over, otherCurrency
    }

    /// How a card's charge begins.
    public enum Form: Sendable, Hashable, CaseIterable {
        case captured, reserved, declined
    }

    /// What happens to a charge without being asked for by Tamm.
    public enum Happening: Sendable, Hashable {
        case captured
        /// So many percent of it, in addition.
        case refunded(percent: Int64)
        case voided
        case disputed(PaymentTransaction.Dispute)
    }

    /// What becomes of what the provider has to say.
    public enum Delivery: Sendable, Hashable, CaseIterable {
        case first, last, all, reversed, twice, lost
    }

    /// How the clock is run.
    public enum ClockRun: Sendable, Hashable {
        case whole, twice
        case limited(Int)
        /// Two runs at the same time.
        case together
        /// The store fails at this transaction of the run, and works again.
        case interrupted(transaction: Int)
    }

    /// The step's number in the sequence as it was generated; its keys are made of it.
    public let id: Int
    public let action: Action

    public init(id: Int, action: Action) {
        self.id = id
        self.action = action
    }
}

extension PurchaseStep: CustomStringConvertible {
    public var description: String { "#\(id) \(action)" }
}
