public import TammCore

private func unwritten() -> TammError { TammError(.unavailable, "not written yet") }

extension PostgresTransaction {
    public borrowing func workspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? { throw unwritten() }
    public borrowing func insert(_ workspace: Workspace) throws(TammError) { throw unwritten() }
    public borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) throws(TammError) -> Member? { throw unwritten() }
    public borrowing func members( of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int ) throws(TammError) -> [Member] { throw unwritten() }
    public borrowing func put(_ member: Member) throws(TammError) { throw unwritten() }
    public borrowing func removeMember( _ user: Identifier<User>, from workspace: Identifier<Workspace> ) throws(TammError) { throw unwritten() }
    public borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing { throw unwritten() }
    public borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) { throw unwritten() }
}

extension PostgresTransaction {
    public borrowing func append(_ entries: [AuditEntry]) throws(TammError) { throw unwritten() }
    public borrowing func auditEntries( of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int ) throws(TammError) -> [AuditEntry] { throw unwritten() }
}

extension PostgresTransaction {
    public borrowing func subscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? { throw unwritten() }
    public borrowing func lockSubscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? { throw unwritten() }
    public borrowing func put(_ subscription: Subscription, dueAt: Timestamp?) throws(TammError) { throw unwritten() }
    public borrowing func dueSubscriptions( by moment: Timestamp, after cursor: Due?, limit: Int ) throws(TammError) -> [Due] { throw unwritten() }
}

extension PostgresTransaction {
    public borrowing func payment(_ place: PaymentPlace) throws(TammError) -> Payment? { throw unwritten() }
    public borrowing func payments( of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int ) throws(TammError) -> [Payment] { throw unwritten() }
    public borrowing func payments( of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>, limit: Int ) throws(TammError) -> [Payment] { throw unwritten() }
    public borrowing func put(_ payment: Payment) throws(TammError) { throw unwritten() }
    public borrowing func payment(ordered order: ProviderReference) throws(TammError) -> PaymentPlace? { throw unwritten() }
    public borrowing func payment(claiming reference: ProviderReference) throws(TammError) -> PaymentPlace? { throw unwritten() }
    public borrowing func duePayments( by moment: Timestamp, after cursor: DuePayment?, limit: Int ) throws(TammError) -> [DuePayment] { throw unwritten() }
    public borrowing func paymentsForReview( after cursor: PaymentPlace?, limit: Int ) throws(TammError) -> [Payment] { throw unwritten() }
    public borrowing func lockUnmatched( _ transaction: String, of order: ProviderReference ) throws(TammError) -> UnmatchedTransaction? { throw unwritten() }
    public borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError) { throw unwritten() }
    public borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction] { throw unwritten() }
    public borrowing func unmatched( after cursor: UnmatchedTransaction.Place?, limit: Int ) throws(TammError) -> [UnmatchedTransaction] { throw unwritten() }
    public borrowing func savedCard(of workspace: Identifier<Workspace>) throws(TammError) -> SavedCard? { throw unwritten() }
    public borrowing func put(_ card: SavedCard) throws(TammError) { throw unwritten() }
    public borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError) { throw unwritten() }
}

