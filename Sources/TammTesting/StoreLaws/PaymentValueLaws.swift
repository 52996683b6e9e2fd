import TammCore

extension StoreLaw {
    static let paymentValueLaws: [StoreLaw] = [
        valueLaw("values.payment", "Every field of a payment survives, in every status and up to its bounds") {
            workspace, context, _ throws(TammError) in try context.boundPayments(in: workspace)
        },
        valueLaw("values.payment.purpose", "What a payment is for survives, of every kind and up to its bounds") {
            workspace, context, _ throws(TammError) in try context.purchases(in: workspace)
        },
        valueLaw(
            "values.payment.transactions",
            "A payment's transactions survive in their order, in every state and up to their bounds"
        ) { workspace, context, _ throws(TammError) in try context.movedPayments(in: workspace) },
        valueLaw(
            "values.payment.grants",
            "What a payment has paid for survives in its order, with what was taken back, up to its bounds"
        ) { workspace, context, grants throws(TammError) in
            let parts = [Credits.max, .zero, .one, Credits(unchecked: 1)]
            return try [grants, grants.reversed(), [grants[1], grants[2], grants[0]], [grants[0]]].map {
                order throws(TammError) in
                var payment = try context.payment(of: workspace)
                payment.grants = order.enumerated().map { index, grant in
                    .init(
                        grant: grant, amount: parts[index % 4], withdrawn: parts[(index + 1) % 4],
                        disputed: parts[(index + 2) % 4])
                }
                return payment
            }
        },
        StoreLaw("payments.none", .billing, "A payment that was never put is not there") { store, context in
            let tenant = try await context.tenant(in: store)
            let places = [
                PaymentPlace(workspace: tenant.id, id: context.id()),
                PaymentPlace(workspace: try await context.workspace(in: store), id: tenant.payment.id),
                PaymentPlace(workspace: context.id(), id: tenant.payment.id),
            ]
            for place in places {
                let found = try await store.transaction(as: .service) { t throws(TammError) in try t.payment(place) }
                try context.expect(found, nil, "the payment")
            }
            for workspace in places[1...].map(\.workspace) {
                let listed = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.payments(of: workspace, after: nil, limit: 10)
                        + t.payments(of: workspace, with: .paymob, openedIn: .min ..< .max, limit: 10)
                }
                try context.expect(listed, [], "the payments of other workspaces")
            }
        },
        StoreLaw(
            "payments.changed", .billing, "A payment that is put again is as it was put last, and it is there once"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            let changes =
                try context.boundPayments(in: tenant.id) + context.movedPayments(in: tenant.id)
                + [context.payment(of: tenant.id)]
            for change in changes + changes.reversed() {
                var payment = tenant.payment
                payment.order = change.order
                payment.claim = change.claim
                payment.status = change.status
                payment.transactions = change.transactions
                payment.period = change.period
                payment.isAutomatic = change.isAutomatic
                payment.task = change.task
                payment.dueAt = change.dueAt
                payment.attempts = change.attempts
                try await context.put([payment], in: store)
                try context.expect(try await payments(of: tenant.id, in: store), [payment], "the payments")
            }
        },
        StoreLaw("payments.separate", .billing, "Two workspaces may have payments of the same identifier") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.workspace(in: store))
            var same = try context.payment(of: other, id: tenant.payment.id)
            for status in [Payment.Status.failed, .confirmed] {
                same.status = status
                try await context.put([same], in: store)
                try context.expect(try await payments(of: other, in: store), [same], "the second workspace's")
                try context.expect(
                    try await payments(of: tenant.id, in: store), [tenant.payment], "the first workspace's")
            }
        },
        StoreLaw("payments.homeless", .billing, "Putting a payment of a workspace that is not there is refused") {
            store, context in
            let payment = try context.payment(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "put by the service") {
                t throws(TammError) in
                try t.put(payment)
            }
            try context.expect(try await payments(of: payment.workspace, in: store), [], "the payments after it")
        },
    ]

    /// The first thousand payments of the workspace, as the service sees them; those that are found by their places
    /// are the same.
    static func payments(
        of workspace: Identifier<Workspace>, in store: any TammStore
    ) async throws(TammError) -> [Payment] {
        try await store.transaction(as: .service) { t throws(TammError) in
            let all = try t.payments(of: workspace, after: nil, limit: maximumPage)
            for payment in all {
                guard try t.payment(payment.place) == payment else {
                    throw TammError(.corrupted, "payment \(payment.id) is listed otherwise than it is found")
                }
            }
            return all
        }
    }

    private static func valueLaw(
        _ id: String, _ name: String,
        _ payments:
            @escaping @Sendable (Identifier<Workspace>, LawContext, [Identifier<Grant>]) throws(TammError) -> [Payment]
    ) -> StoreLaw {
        StoreLaw(id, .billing, name) { store, context in
            let wallet = try await context.wallet(in: store)
            var changes = WalletChanges()
            for _ in 0..<12 { changes.grants.append(try context.grant(of: wallet)) }
            try await store.write(changes, to: wallet)
            let made = try payments(wallet.workspace, context, changes.grants.map(\.id))
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                _ = try t.lockSubscription(of: wallet.workspace)
                for payment in made { try t.put(payment) }
                return try made.map { payment throws(TammError) in try t.payment(payment.place) }
            }
            let kept = try await store.transaction(as: .service) { t throws(TammError) in
                try made.map { payment throws(TammError) in try t.payment(payment.place) }
            }
            try context.expect(found, made, "the payments in the same transaction")
            try context.expect(kept, made, "the payments in the next transaction")
            try context.expect(
                try await Self.payments(of: wallet.workspace, in: store), made.sorted { $0.id < $1.id }, "their page")
        }
    }
}

extension LawContext {
    /// Puts payments under the locks of their workspaces, in one transaction.
    func put(_ payments: [Payment], in store: any TammStore) async throws(TammError) {
        try await store.transaction(as: .service) { t throws(TammError) in try t.lockAndPut(payments) }
    }
}

extension SubscriptionRecords where Self: PaymentRecords & ~Copyable {
    borrowing func lockAndPut(_ payments: [Payment]) throws(TammError) {
        for workspace in Set(payments.map(\.workspace)).sorted() { _ = try lockSubscription(of: workspace) }
        for payment in payments { try put(payment) }
    }
}
