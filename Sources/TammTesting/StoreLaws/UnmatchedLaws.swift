import TammCore

extension StoreLaw {
    static let unmatchedLaws: [StoreLaw] = [
        StoreLaw(
            "values.unmatched", .billing,
            "Every field of an unmatched transaction survives, in every state and up to its bounds"
        ) { store, context in
            let workspace = try await context.workspace(in: store)
            let transactions = try context.movedPayments(in: workspace).flatMap(\.transactions)
            let orders = try await context.orders()
            let rows = transactions.enumerated().map { index, transaction in
                UnmatchedTransaction(order: orders[index % orders.count], transaction: transaction)
            }
            for row in rows {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockUnmatched(row.place.transaction, of: row.order)
                    try t.put(row)
                    return try t.lockUnmatched(row.place.transaction, of: row.order)
                }
                try context.expect(found, row, "it in the same transaction")
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.lockUnmatched(row.place.transaction, of: row.order)
                }
                try context.expect(kept, row, "it in the next transaction")
            }
        },
        StoreLaw(
            "unmatched.none", .billing, "Of an order and a transaction of which nothing is kept, nothing is found or taken"
        ) { store, context in
            let (order, other) = (try context.reference(), try context.reference())
            try await context.put([("b", order), ("a", other)], in: store)
            let upper = try ProviderReference(order.provider, account: order.account, order.text.uppercased())
            let absent = [("a", order), ("b", other), ("B", order), ("b", upper)]
            for (transaction, order) in absent {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.lockUnmatched(transaction, of: order)
                }
                try context.expect(found, nil, "what is kept of \(transaction) of \(order)")
            }
            let taken = try await store.transaction(as: .service) { t throws(TammError) in
                try t.takeUnmatched(of: upper)
            }
            try context.expect(taken, [], "what is taken")
        },
        StoreLaw("unmatched.changed", .billing, "An unmatched transaction that is put again is as it was put last") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let order = try context.reference()
            for change in try context.movedPayments(in: workspace).flatMap(\.transactions) {
                let row = UnmatchedTransaction(
                    order: order,
                    transaction: PaymentTransaction(
                        id: "t", progress: change.progress, money: change.money, refunded: change.refunded,
                        isVoided: change.isVoided, dispute: change.dispute, use: change.use,
                        firstSeenAt: context.base))
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockUnmatched("t", of: order)
                    try t.put(row)
                    return try t.unmatched(after: .init(order: order, transaction: ""), limit: 2)
                }
                try context.expect(found.filter { $0.order == order }, [row], "what is kept of the order")
            }
        },
        StoreLaw(
            "unmatched.take", .billing,
            "What is kept of an order is taken out whole, by the bytes of the transactions' ids, and once"
        ) { store, context in
            let order = try context.reference()
            let others = [
                try ProviderReference(order.provider, account: order.account, order.text + "1"),
                try ProviderReference(order.provider, account: order.account, String(order.text.dropLast())),
                try ProviderReference(order.provider, account: order.account + "1", order.text),
                try ProviderReference(.stripe, account: order.account, order.text),
            ]
            let ids = ["b", "10", "B", "9", "-a", "_", "~", "a", "!", "1"]
            for _ in 0..<2 {
                try await context.put(ids.map { ($0, order) } + others.map { ("a", $0) }, in: store)
                let taken = try await store.transaction(as: .service) { t throws(TammError) in
                    (
                        try t.takeUnmatched(of: order), try t.takeUnmatched(of: order),
                        try t.lockUnmatched("a", of: order)
                    )
                }
                let wanted = ids.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
                try context.expect(taken.0.map(\.transaction.id), wanted, "what is taken")
                try context.expect(taken.0.allSatisfy { $0.order == order }, true, "that it is of the order")
                try context.expect(taken.1, [], "what is taken again")
                try context.expect(taken.2, nil, "what is kept of the order")
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    (
                        try t.takeUnmatched(of: order),
                        try others.map { order throws(TammError) in try t.lockUnmatched("a", of: order)?.order }
                    )
                }
                try context.expect(kept.0, [], "what is taken in the next transaction")
                try context.expect(kept.1, others, "what is kept of other orders")
            }
        },
        StoreLaw(
            "pages.unmatched", .billing,
            "Unmatched transactions are paged by provider, account, order and id, each by its bytes"
        ) { store, context in
            let orders = try await context.orders()
            let ids = ["b", "10", "B", "9", "a-", "a"]
            var places: [UnmatchedTransaction.Place] = []
            for (index, order) in orders.enumerated() {
                for id in ids.prefix(1 + index % ids.count) { places.append(.init(order: order, transaction: id)) }
            }
            try await context.put(places.reversed().map { ($0.transaction, $0.order) }, in: store)
            let rows = places.map { context.unmatched($0.transaction, of: $0.order) }
            let sorted = rows.sorted { a, b in
                for (a, b) in zip(a.place.columns, b.place.columns) where a != b {
                    return a.lexicographicallyPrecedes(b)
                }
                return false
            }
            let before = try context.before(sorted[0].order)
            let end = sorted[sorted.count - 1].place
            let listing = Listing<UnmatchedTransaction, UnmatchedTransaction.Place>(by: { $0.place }) {
                t, cursor, limit throws(TammError) in
                let page = try t.unmatched(after: cursor ?? before, limit: limit)
                return page.firstIndex { $0.place == end }.map { Array(page[...$0]) } ?? page.filter { $0.place <= end }
            }
            try await listing.check(sorted, in: store, context)
            for order in orders {
                let place = UnmatchedTransaction.Place(order: order, transaction: "")
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.unmatched(after: place, limit: 1)
                }
                let first = sorted.first { $0.order == order }.map { [$0] } ?? []
                try context.expect(found, first, "the first of an order, after its place without an id")
            }
            let first = try await store.transaction(as: .service) { t throws(TammError) in
                try t.unmatched(after: nil, limit: 1)
            }
            try context.expect(first.count == 1 && first[0].place <= sorted[0].place, true, "the first of all")
        },
        StoreLaw(
            "isolation.unmatched", .unitOfWork,
            "Concurrent transactions that lock an unmatched transaction, there or not yet, lose no change of it"
        ) { store, context in
            let order = try context.reference()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<8 {
                            try await store.transaction(as: .service) { t throws(TammError) in
                                var row = try t.lockUnmatched("t", of: order) ?? context.unmatched("t", of: order)
                                row.transaction.refunded += 1
                                try t.put(row)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.lockUnmatched("t", of: order)?.transaction.refunded
            }
            try context.expect(found, 64, "the count")
        },
        StoreLaw(
            "isolation.unmatched.order", .unitOfWork,
            "Of an order that is opened while something of it is heard, what is heard finds the payment or is taken out"
        ) { store, context in
            for round in 0..<16 {
                let workspace = try await context.workspace(in: store)
                let order = try context.reference()
                let payment = try context.payment(of: workspace, order: order)
                let seen = try await withThrowingTaskGroup(of: Int.self) { group in
                    for task in 0..<2 {
                        group.addTask {
                            try await store.transaction(as: .service) { t throws(TammError) in
                                if task == round % 2 {
                                    try t.lockAndPut([payment])
                                    return try t.takeUnmatched(of: order).count
                                }
                                guard try t.payment(ordered: order) == nil else { return 1 }
                                _ = try t.lockUnmatched("t", of: order)
                                try t.put(context.unmatched("t", of: order))
                                return 0
                            }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                try context.expect(seen, 1, "how often it was seen in round \(round)")
            }
        },
        StoreLaw(
            "rollback.unmatched", .unitOfWork,
            "A transaction that throws leaves what is kept of unmatched transactions as it was"
        ) { store, context in
            let (order, other) = (try context.reference(), try context.reference())
            try await context.put([("b", order), ("a", order)], in: store)
            var changed = context.unmatched("a", of: order)
            changed.transaction.isVoided = true
            let (row, new) = (changed, [context.unmatched("c", of: order), context.unmatched("a", of: other)])
            try await context.rollBack(in: store) { t throws(TammError) in
                _ = try t.lockUnmatched("a", of: order)
                try t.put(row)
                _ = try t.takeUnmatched(of: order)
                for row in new {
                    _ = try t.lockUnmatched(row.transaction.id, of: row.order)
                    try t.put(row)
                }
            }
            let taken = try await store.transaction(as: .service) { t throws(TammError) in
                [try t.takeUnmatched(of: order), try t.takeUnmatched(of: other)]
            }
            let wanted = [context.unmatched("a", of: order), context.unmatched("b", of: order)]
            try context.expect(taken, [wanted, []], "what is kept")
        },
        StoreLaw(
            "reads.unmatched", .access,
            "Unmatched transactions are listed to the service and platform administrators alone"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let order = try context.reference()
            try await context.put([("a", order)], in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    [
                        try t.unmatched(after: .init(order: order, transaction: ""), limit: 1),
                        try t.unmatched(after: nil, limit: 1),
                    ]
                }
                try context.expect(
                    found[0], observer.isPlatform ? [context.unmatched("a", of: order)] : [], "what \(observer.name) sees")
                try context.expect(found[1].count, observer.isPlatform ? 1 : 0, "the first that \(observer.name) sees")
            }
        },
        StoreLaw(
            "writes.unmatched", .access,
            "Unmatched transactions are locked, put and taken by the service and platform administrators alone"
        ) { store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let order = try context.reference()
                try await context.put([("a", order)], in: store)
                let new = context.unmatched("b", of: order)
                for write in ["locking", "locking none", "putting", "taking"] {
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        switch write {
                        case "locking": _ = try t.lockUnmatched("a", of: order)
                        case "locking none": _ = try t.lockUnmatched("none", of: order)
                        case "putting": try t.put(new)
                        default: _ = try t.takeUnmatched(of: order)
                        }
                    }
                    try context.expect(
                        error?.code, observer.isPlatform ? nil : .forbidden, "\(write) by \(observer.name)")
                }
                let left = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.takeUnmatched(of: order)
                }
                try context.expect(
                    left, observer.isPlatform ? [] : [context.unmatched("a", of: order)], "what \(observer.name) left")
            }
        },
    ]
}

extension LawContext {
    func unmatched(_ transaction: String, of order: ProviderReference) -> UnmatchedTransaction {
        UnmatchedTransaction(order: order, transaction: self.transaction(transaction))
    }

    /// Keeps transactions of which nothing but their names is known.
    fileprivate func put(
        _ transactions: [(id: String, order: ProviderReference)], in store: any TammStore
    ) async throws(TammError) {
        let rows = transactions.map { unmatched($0.id, of: $0.order) }
        try await store.transaction(as: .service) { t throws(TammError) in
            for row in rows {
                _ = try t.lockUnmatched(row.transaction.id, of: row.order)
                try t.put(row)
            }
        }
    }

    /// Orders that are told apart by provider, account and text, whose bytes sort otherwise than their letters.
    fileprivate func orders() async throws(TammError) -> [ProviderReference] {
        let prefix = "p\(entropy.next())"
        var orders: [ProviderReference] = []
        for suffix in ["a", "_", "-b", "", "0", "."] {
            let provider = try PaymentProviderName(prefix + suffix)
            orders.append(try ProviderReference(provider, account: "main", "o"))
        }
        let provider = try PaymentProviderName(prefix)
        for (account, text) in [
            ("a", "zz"), ("ab", "a"), ("B", "a"), ("a", "Zz"), ("a", "z"), ("!", "~"), ("~", "!"), ("a-c", "10"),
            ("a-c", "9"), ("a_c", "'\"\\%;"),
        ] {
            orders.append(try ProviderReference(provider, account: account, text))
        }
        return orders
    }

    /// A place before all that is kept of the order and of those after it, and behind what other providers have.
    fileprivate func before(_ order: ProviderReference) throws(TammError) -> UnmatchedTransaction.Place {
        let first = try ProviderReference(order.provider, account: "!", "!")
        return .init(order: first, transaction: "")
    }
}

extension UnmatchedTransaction.Place {
    fileprivate var columns: [[UInt8]] {
        [order.provider.text, order.account, order.text, transaction].map { Array($0.utf8) }
    }
}
