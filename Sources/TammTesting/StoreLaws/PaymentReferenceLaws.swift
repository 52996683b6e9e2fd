import TammCore

/// What of a payment takes a reference: its order, or its claim.
private enum Taking: String, CaseIterable, Sendable {
    case order, claim

    var provider: PaymentProviderName { self == .order ? .paymob : .instaPay }

    func put(_ reference: ProviderReference?, on payment: Payment) -> Payment {
        var payment = payment
        switch self {
        case .order: payment.order = reference
        case .claim: payment.claim = reference.map { .init(reference: $0, at: payment.openedAt) }
        }
        return payment
    }

    func place(
        of reference: ProviderReference, in t: borrowing some PaymentRecords & ~Copyable
    ) throws(TammError) -> PaymentPlace? {
        switch self {
        case .order: try t.payment(ordered: reference)
        case .claim: try t.payment(claiming: reference)
        }
    }
}

extension StoreLaw {
    static let paymentReferenceLaws: [StoreLaw] =
        Taking.allCases.flatMap(takingLaws) + [
            StoreLaw(
                "payments.references", .billing, "An order and a claim of the same reference do not disturb each other"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                let reference = try context.reference(.instaPay)
                let ordered = try context.payment(of: first, with: .instaPay, order: reference)
                let claiming = try context.payment(of: second, with: .instaPay, claiming: reference)
                try await context.put([ordered, claiming], in: store)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.payment(ordered: reference), try t.payment(claiming: reference)]
                }
                try context.expect(found, [ordered.place, claiming.place], "the payments")
            },
            StoreLaw(
                "payments.claim.received", .billing,
                "A transfer that a payment has received stays its own when the claim is gone, also when it went back"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                let reference = try context.reference(.instaPay)
                let claiming = try context.payment(of: first, with: .instaPay, claiming: reference)
                try await context.put([claiming], in: store)
                var received = claiming
                received.transactions = [
                    context.transaction("another"), try context.captured(reference.text, 5, .unapplied(.underpaid)),
                ]
                try await context.put([received], in: store)
                received.claim = nil
                for refunded in [0, 5] as [Int64] {
                    received.transactions[1].refunded = refunded
                    try await context.put([received], in: store)
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.payment(claiming: reference)
                    }
                    try context.expect(found, received.place, "the payment that received it")
                    try await context.expectTaken(
                        "claim", in: store,
                        [
                            try context.payment(of: first, with: .instaPay, claiming: reference),
                            try context.payment(of: second, with: .instaPay, claiming: reference),
                            try context.payment(
                                of: second, with: .instaPay, [context.captured(reference.text, 7, .unapplied(.late))]),
                        ])
                }
                received.transactions = []
                try await context.put(
                    [received, try context.payment(of: second, with: .instaPay, claiming: reference)], in: store)
            },
            StoreLaw(
                "payments.claim.pending", .billing,
                "A transaction that is no transfer, or was not received, takes no reference"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                let reference = try context.reference(.instaPay)
                let others = [
                    try context.payment(of: first, with: .instaPay, [context.transaction(reference.text)]),
                    try context.payment(of: first, with: .paymob, [context.captured(reference.text)]),
                    try context.payment(of: second, with: .instaPay, [context.transaction(reference.text)]),
                    try context.payment(of: second, with: .stripe, [context.captured(reference.text)]),
                ]
                try await context.put(others, in: store)
                let claiming = try context.payment(of: second, with: .instaPay, claiming: reference)
                try await context.put([claiming], in: store)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.payment(claiming: reference)
                }
                try context.expect(found, claiming.place, "the payment that claims it")
            },
        ]

    private static func takingLaws(_ taking: Taking) -> [StoreLaw] {
        let name = taking.rawValue
        return [
            StoreLaw(
                "payments.\(name)", .billing,
                "The \(name) of one payment is no other's, in whichever workspace: a conflict that names the field"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                let reference = try context.reference(taking.provider)
                let taker = taking.put(reference, on: try context.payment(of: first, with: taking.provider))
                try await context.put([taker], in: store)
                for workspace in [first, second] {
                    let bare = try context.payment(of: workspace, with: taking.provider)
                    let other = taking.put(reference, on: bare)
                    try await context.expectTaken(name, in: store, [other])
                    try await context.put([bare], in: store)
                    try await context.expectTaken(name, in: store, [other])
                    let kept = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.payment(bare.place)
                    }
                    try context.expect(kept, bare, "the other payment after it")
                }
                try await context.put([taker], in: store)
                let same = taking.put(reference, on: try context.payment(of: second, id: taker.id, with: taking.provider))
                try await context.expectTaken(name, in: store, [same])
            },
            StoreLaw(
                "payments.\(name).found", .billing,
                "A payment is found by the \(name) that it has now, and what it had before is free for another"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                var references: [ProviderReference] = []
                for _ in 0..<3 { references.append(try context.reference(taking.provider)) }
                let all = references
                let payment = try context.payment(of: first, with: taking.provider)
                let other = try context.payment(of: second, with: taking.provider)
                for (mine, theirs) in [(nil, nil), (0, nil), (1, 0), (2, 1), (nil, 2), (0, 1)] as [(Int?, Int?)] {
                    let pair = [
                        taking.put(mine.map { all[$0] }, on: payment), taking.put(theirs.map { all[$0] }, on: other),
                    ]
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.lockAndPut(pair)
                        return try all.map { reference throws(TammError) in try taking.place(of: reference, in: t) }
                    }
                    let kept = try await store.transaction(as: .service) { t throws(TammError) in
                        try all.map { reference throws(TammError) in try taking.place(of: reference, in: t) }
                    }
                    let wanted = all.indices.map { index in
                        index == mine ? payment.place : index == theirs ? other.place : nil
                    }
                    try context.expect(found, wanted, "the payments in the same transaction")
                    try context.expect(kept, wanted, "the payments in the next transaction")
                }
            },
            StoreLaw(
                "payments.\(name).separate", .billing,
                "What differs from another \(name) in the provider, the account or the case of a letter is another \(name)"
            ) { store, context in
                let workspace = try await context.workspace(in: store)
                let text = try context.reference().text
                let references = [
                    try ProviderReference(taking.provider, account: "main", text),
                    try ProviderReference(.stripe, account: "main", text),
                    try ProviderReference(taking.provider, account: "mainO", String(text.dropFirst())),
                    try ProviderReference(taking.provider, account: "maino", String(text.dropFirst())),
                    try ProviderReference(taking.provider, account: "main", text.uppercased()),
                    try ProviderReference(taking.provider, account: "MAIN", text),
                ]
                let payments = try references.map { reference throws(TammError) in
                    taking.put(reference, on: try context.payment(of: workspace, with: taking.provider))
                }
                try await context.put(payments, in: store)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try references.map { reference throws(TammError) in try taking.place(of: reference, in: t) }
                }
                try context.expect(found, payments.map(\.place), "the payments")
            },
            StoreLaw(
                "payments.\(name).caught", .billing,
                "Of a payment that was refused for its \(name) nothing remains, even where the body goes on"
            ) { store, context in
                let (first, second) = (try await context.workspace(in: store), try await context.workspace(in: store))
                let own = try context.reference(taking.provider)
                let taken = try context.reference(taking.provider)
                let taker = taking.put(taken, on: try context.payment(of: first, with: taking.provider))
                let present = taking.put(own, on: try context.payment(of: second, with: taking.provider))
                try await context.put([taker, present], in: store)
                var changed = taking.put(taken, on: present)
                changed.status = .failed
                let refused = changed
                _ = await context.failure(in: store, as: .service) { t throws(TammError) in
                    _ = try t.lockSubscription(of: second)
                    do throws(TammError) { try t.put(refused) } catch {}
                }
                try context.expect(try await payments(of: second, in: store), [present], "the payments after it")
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try taking.place(of: own, in: t), try taking.place(of: taken, in: t)]
                }
                try context.expect(found, [present.place, taker.place], "whose they are")
            },
            StoreLaw(
                "isolation.payment.\(name)", .unitOfWork,
                "Of payments of several workspaces that take the same \(name) at once, one does"
            ) { store, context in
                let reference = try context.reference(taking.provider)
                var made: [Payment] = []
                for _ in 0..<8 {
                    let workspace = try await context.workspace(in: store)
                    made.append(taking.put(reference, on: try context.payment(of: workspace, with: taking.provider)))
                }
                let payments = made
                let codes = try await withThrowingTaskGroup(of: TammError.Code?.self) { group in
                    for payment in payments {
                        group.addTask {
                            await context.failure(in: store, as: .service) { t throws(TammError) in
                                guard try taking.place(of: reference, in: t) == nil else {
                                    throw TammError(.conflict, "it is taken")
                                }
                                try t.lockAndPut([payment])
                            }?.code
                        }
                    }
                    return try await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
                }
                try context.expect(codes.count { $0 == nil }, 1, "how many took it")
                try context.expect(codes.count { $0 == .conflict }, 7, "how many were refused")
            },
        ]
    }
}

extension LawContext {
    /// - Throws: the violation, unless each of the payments is refused as a conflict that names the field.
    fileprivate func expectTaken(
        _ field: String, in store: any TammStore, _ payments: [Payment]
    ) async throws(LawViolation) {
        for payment in payments {
            let error = await failure(in: store, as: .service) { t throws(TammError) in try t.lockAndPut([payment]) }
            try expect(error?.code, .conflict, "the error where it is another payment's")
            try expect(error?.field, field, "the field that the error names")
        }
    }
}
