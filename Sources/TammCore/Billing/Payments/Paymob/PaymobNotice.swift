extension PaymentNotice {
    /// What a signed Paymob transaction says, of the order that it signs, in the account of its owner.
    ///
    /// Only signed fields count. A child of another transaction that is no capture, a refund's flag and a
    /// contradiction tell that something happened and not how much: they only make the provider be asked.
    ///
    /// - Throws: `invalidInput` for an amount beyond money's bounds.
    public init(_ signed: SignedPaymobTransaction) throws(TammError) {
        let transaction = signed.transaction
        try self.init(
            order: Self.paymobOrder(transaction.orderID, owner: transaction.owner),
            transaction: String(transaction.id), Self.fact(of: transaction))
    }

    /// How an order of Paymob's is called here.
    public static func paymobOrder(_ id: Int64, owner: Int64) throws(TammError) -> ProviderReference {
        try ProviderReference(.paymob, account: String(owner), String(id))
    }

    private static func fact(of transaction: PaymobTransaction) throws(TammError) -> Fact {
        if transaction.isVoided { return transaction.hasParentTransaction ? .changed : .voided }
        if transaction.isRefunded { return .changed }
        if transaction.hasParentTransaction && !transaction.isCapture { return .changed }
        if transaction.pending { return transaction.success ? .changed : .pending }
        guard transaction.success else { return .declined }
        guard !transaction.errorOccurred else { return .changed }
        let money = try Money(minorUnits: transaction.amountCents, transaction.currency)
        return transaction.isAuth && !transaction.isCapture ? .authorized(money) : .captured(money)
    }
}
