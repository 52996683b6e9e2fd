import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func payment(_ place: PaymentPlace) throws(TammError) -> Payment? {
        base.payment(place)
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int
    ) throws(TammError) -> [Payment] {
        base.payments(of: workspace, after: cursor, limit: limit)
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>,
        limit: Int
    ) throws(TammError) -> [Payment] {
        base.payments(of: workspace, with: provider, openedIn: range, limit: limit)
    }

    borrowing func put(_ payment: Payment) throws(TammError) {
        try base.put(payment)
    }

    borrowing func payment(ordered order: ProviderReference) throws(TammError) -> PaymentPlace? {
        base.payment(ordered: order)
    }

    borrowing func payment(claiming reference: ProviderReference) throws(TammError) -> PaymentPlace? {
        base.payment(claiming: reference)
    }

    borrowing func duePayments(by moment: Timestamp, after cursor: DuePayment?, limit: Int) throws(TammError) -> [DuePayment] {
        base.duePayments(by: moment, after: cursor, limit: limit)
    }

    borrowing func paymentsWithUnappliedMoney(after cursor: PaymentPlace?, limit: Int) throws(TammError) -> [Payment] {
        base.paymentsWithUnappliedMoney(after: cursor, limit: limit)
    }

    borrowing func lockUnmatched(
        _ transaction: String, of order: ProviderReference
    ) throws(TammError) -> UnmatchedTransaction? {
        try base.lockUnmatched(transaction, of: order)
    }

    borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError) {
        try base.put(unmatched)
    }

    borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction] {
        try base.takeUnmatched(of: order)
    }

    borrowing func unmatched(after cursor: UnmatchedTransaction.Place?, limit: Int) throws(TammError) -> [UnmatchedTransaction] {
        base.unmatched(after: cursor, limit: limit)
    }

    borrowing func savedCard(of workspace: Identifier<Workspace>) throws(TammError) -> SavedCard? {
        base.savedCard(of: workspace)
    }

    borrowing func put(_ card: SavedCard) throws(TammError) {
        try base.put(card)
    }

    borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError) {
        try base.removeSavedCard(of: workspace)
    }
}
