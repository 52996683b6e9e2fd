import TammCore

/// Stands in for Paymob: it opens orders, charges saved cards and signs the callbacks that Paymob would deliver.
struct LocalPaymob {
    static let ownerID: Int64 = 302_852
    static let integrationID: Int64 = 4_097_558

    let secret: SigningSecret

    /// What Tamm calls; a real one sends requests to Paymob.
    var provider: PaymentProvider {
        PaymentProvider(
            .paymob, account: "\(Self.ownerID)",
            opens: { payment throws(TammError) in
                try PaymentNotice.paymobOrder(Int64(payment.id.low >> 32) + 1, owner: Self.ownerID)
            },
            tells: { _ in [] },
            charges: { payment, _ throws(TammError) in
                guard let order = payment.order else { throw TammError(.notFound, "no order to charge") }
                return [try PaymentNotice(order: order, transaction: "1\(order.text)", .captured(payment.amount))]
            },
            captures: { _, _ in [] }, refunds: { _, _, _, _ in [] }, voids: { _, _ in [] })
    }

    /// The callback of a payment in full: its body, and the `hmac` of the query.
    func callback(for payment: Payment) throws -> (body: [UInt8], hmac: String) {
        let body = """
            {"type":"TRANSACTION","obj":{"id":192036465,"amount_cents":\(payment.amount.minorUnits),
            "currency":"\(payment.amount.currency)","created_at":"2026-02-02T10:00:00.000000",
            "order":{"id":\(payment.order?.text ?? "0")},"owner":\(Self.ownerID),"integration_id":\(Self.integrationID),
            "success":true,"pending":false,"error_occured":false,"has_parent_transaction":false,"is_3d_secure":true,
            "is_auth":false,"is_capture":false,"is_refunded":false,"is_voided":false,"is_standalone_payment":true,
            "source_data":{"pan":"2346","type":"card","sub_type":"MasterCard"}}}
            """
        let scheme = try PaymobTransactionSignature(
            secrets: [secret], integrationIDs: [Self.integrationID], ownerID: Self.ownerID)
        return (Array(body.utf8), try scheme.signature(for: .init(body: Array(body.utf8), hmac: nil)))
    }
}
