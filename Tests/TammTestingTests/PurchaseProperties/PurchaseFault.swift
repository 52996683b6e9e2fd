import TammCore
import TammTesting

/// One line of the rules of billing, wrong in a way that costs somebody money.
struct PurchaseFault: Sendable {
    let name: String
    let inject: @Sendable (inout PurchaseRules) -> Void

    init(_ name: String, _ inject: @escaping @Sendable (inout PurchaseRules) -> Void) {
        self.name = name
        self.inject = inject
    }

    static let all: [PurchaseFault] = [
        PurchaseFault("nothing ever falls due") { $0.billing.isDue = { _, _ in false } },
        PurchaseFault("things fall due an instant late") { $0.billing.isDue = { $0 < $1 } },
        PurchaseFault("things fall due a minute early") { $0.billing.isDue = { $0 <= $1.advanced(by: .seconds(60)) } },
        PurchaseFault("a renewal that is paid late begins late") { $0.billing.renewsFrom = { _, now in now } },
        PurchaseFault("grace lasts a day longer") {
            $0.billing.graceEnd = { end, days in end.advanced(by: .seconds((days + 1) * 86_400)) }
        },
        PurchaseFault("grace never ends") { $0.billing.graceEnd = { end, _ in end.advanced(by: .seconds(3650 * 86_400)) } },
        PurchaseFault("a trial may be had again") { $0.billing.mayTry = { _, days in days > 0 } },
        PurchaseFault("a plan without a trial may be tried") { $0.billing.mayTry = { hadTrial, _ in !hadTrial } },
        PurchaseFault("an unpaid period keeps its credits coming") { $0.billing.credits = { _ in true } },
        PurchaseFault("a month that was credited is not noted") { $0.billing.credited = { through, _ in through } },
        PurchaseFault("half a month counts as a month") {
            $0.billing.credited = { through, _ in through.advanced(by: .seconds(15 * 86_400)) }
        },
        PurchaseFault("whatever was bought fits") { $0.billing.fits = { _, _ in true } },
        PurchaseFault("nothing that was bought fits") { $0.billing.fits = { _, _ in false } },
        PurchaseFault("an upgrade is not prorated") { $0.billing.share = { amount, _, _ in amount } },
        PurchaseFault("shares are rounded up") { $0.billing.share = { $0 * $1 / $2 + 1 } },
        PurchaseFault("a month's credits last a month longer") {
            $0.billing.lasts = { calendar, anchor, month, rollover in calendar.boundary(month + 2 + rollover, after: anchor) }
        },
        PurchaseFault("a month's credits end as they begin") {
            $0.billing.lasts = { calendar, anchor, month, rollover in calendar.boundary(month + rollover, after: anchor) }
        },
        PurchaseFault("too little money pays") { $0.billing.mismatch = { $1.minorUnits > $0.minorUnits ? .overpaid : nil } },
        PurchaseFault("too much money pays") { $0.billing.mismatch = { $1.minorUnits < $0.minorUnits ? .underpaid : nil } },
        PurchaseFault("currencies are not compared") {
            $0.billing.mismatch = { $0.minorUnits == $1.minorUnits ? nil : .wrongCurrency }
        },
        PurchaseFault("late money pays") { $0.billing.isLate = { _, _ in false } },
        PurchaseFault("money is late an instant late") { $0.billing.isLate = { $0 < $1 } },
        PurchaseFault("all money is late") { $0.billing.isLate = { _, _ in true } },
        PurchaseFault("a payment takes money again and again") { $0.billing.isTaken = { _ in false } },
        PurchaseFault("reserved money is revenue") { $0.billing.isRevenue = { $0 >= .authorized } },
        PurchaseFault("declined money is revenue") { $0.billing.isRevenue = { $0 >= .declined } },
        PurchaseFault("no money is revenue") { $0.billing.isRevenue = { _ in false } },
        PurchaseFault("a refund takes no credits back") { $0.billing.withdraws = { _, _, _ in 0 } },
        PurchaseFault("a part of the money takes all credits back") { $0.billing.withdraws = { granted, _, _ in granted } },
        PurchaseFault("credits are taken back by the money's count") { $0.billing.withdraws = { _, returned, _ in returned } },
        PurchaseFault("a refund counts as often as it is told") { $0.billing.refunded = { $0 + $1 } },
        PurchaseFault("the last word on refunds counts") { $0.billing.refunded = { $1 } },
        PurchaseFault("refunds are not noted") { $0.billing.refunded = { known, _ in known } },
        PurchaseFault("a transfer is claimed for any payment") { $0.billing.takesClaim = { _ in true } },
        PurchaseFault("top-ups are opened beside one another") { $0.billing.topsUp = { _, count, maximum in count < maximum } },
        PurchaseFault("top-ups have no monthly bound") { $0.billing.topsUp = { isPending, _, _ in !isPending } },
        PurchaseFault("a top-up that failed does not stop the others") { $0.billing.stops = { $0 != .unpaid } },
        PurchaseFault("a top-up whose money went back does not stop the others") { $0.billing.stops = { $0 != .returned } },
        PurchaseFault("a wallet gives back more than it has") { $0.wallet.taken = { _, wanted in wanted } },
        PurchaseFault("credits expire without an entry") { $0.wallet.records = { $0 != .grantExpiry } },
        PurchaseFault("a store forgets which money was applied") { rules in
            rules.garbles = { state in
                state.change { payment in
                    for index in payment.transactions.indices where payment.transactions[index].captured > 0 {
                        payment.transactions[index].use = .applied
                    }
                }
            }
        },
        PurchaseFault("a store loses a payment's grants") { rules in
            rules.garbles = { state in state.change { $0.grants = Array($0.grants.dropLast()) } }
        },
    ]
}

extension PurchaseState {
    fileprivate mutating func change(_ body: (inout Payment) -> Void) {
        for index in workspaces.indices {
            for position in workspaces[index].payments.indices { body(&workspaces[index].payments[position]) }
        }
    }
}
