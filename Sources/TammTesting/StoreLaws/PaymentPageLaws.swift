import TammCore

extension StoreLaw {
    static let paymentPageLaws: [StoreLaw] = [
        StoreLaw(
            "pages.payments", .billing, "A workspace's payments are paged in the order of their identifiers, unsigned"
        ) { store, context in
            let workspace = try await context.workspace(in: store)
            _ = try await context.tenant(in: store)
            let ids: [Identifier<Payment>] = context.scattered()
            let made = try ids.enumerated().map { index, id throws(TammError) in
                try context.payment(of: workspace, id: id, openedAt: context.at(Int64(index % 3)))
            }
            for part in [made[..<3], made[3...]] { try await context.put(Array(part), in: store) }
            let listing = Listing<Payment, Identifier<Payment>>(by: { $0.id }) { t, cursor, limit throws(TammError) in
                try t.payments(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.payments(of: workspace, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw(
            "payments.opened", .billing,
            "The payments of one provider that were opened from one moment on and before another are listed by their "
                + "moments, at most as many as asked for"
        ) { store, context in
            let (workspace, other) = (try await context.workspace(in: store), try await context.workspace(in: store))
            let ids: [Identifier<Payment>] = context.scattered()
            let made = try zip(ids, [5, 0, 3, 9, 0, 4, 7] as [Int64]).map { id, shift throws(TammError) in
                try context.payment(of: workspace, id: id, openedAt: context.at(shift))
            }
            var rest = try [0, 3, 5, 8].map { shift throws(TammError) in
                try context.payment(of: workspace, with: .instaPay, openedAt: context.at(shift))
            }
            rest.append(try context.payment(of: other, openedAt: context.at(4)))
            for bound in [Timestamp.min, .max] { rest.append(try context.payment(of: workspace, openedAt: bound)) }
            try await context.put(made + rest, in: store)
            let sorted = made.sorted { ($0.openedAt, $0.id) < ($1.openedAt, $1.id) }
            for (start, end) in [(0, 10), (0, 9), (0, 1), (1, 9), (3, 5), (3, 6), (1, 3), (4, 4), (9, 10), (10, 12)] {
                let range = context.at(Int64(start))..<context.at(Int64(end))
                let wanted = sorted.filter { range.contains($0.openedAt) }
                for limit in [1, 2, 3, maximumPage] {
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.payments(of: workspace, with: .paymob, openedIn: range, limit: limit)
                    }
                    try context.expect(
                        found, Array(wanted.prefix(limit)), "\(limit) opened from \(start) µs on and before \(end) µs")
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.payments(of: workspace, with: .paymob, openedIn: .min ..< .max, limit: maximumPage),
                    try t.payments(of: workspace, with: .stripe, openedIn: .min ..< .max, limit: maximumPage)
                )
            }
            try context.expect(found.0, [rest[5]] + sorted, "all but the one of the last moment of all")
            try context.expect(found.1, [], "those of a provider that has none")
        },
        StoreLaw(
            "pages.payments.due", .billing,
            "Payments that are due are paged by their moment, and at the same moment by their place, unsigned"
        ) { store, context in
            let start = context.dueMoment()
            var dues: [DuePayment] = []
            for (index, workspace) in try await context.scatteredWorkspaces(in: store).enumerated() {
                for id in (context.scattered() as [Identifier<Payment>]).prefix(1 + index % 3) {
                    let at = start.advanced(by: .microseconds([2, 0, 1, 0][(index + dues.count) % 4]))
                    dues.append(DuePayment(at: at, payment: PaymentPlace(workspace: workspace, id: id)))
                }
            }
            for due in dues { try await context.put(due, in: store) }
            let end = start.advanced(by: .microseconds(9))
            let listing = Listing<DuePayment, DuePayment>(by: { $0 }) { t, cursor, limit throws(TammError) in
                try t.duePayments(by: end, after: cursor ?? start.before, limit: limit)
            }
            let sorted = dues.sorted()
            try await listing.check(sorted, in: store, context)
            for (index, due) in sorted.enumerated() {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try [due.payment.id.low - 1, due.payment.id.low + 1].map { low throws(TammError) in
                        let id = Identifier<Payment>(high: due.payment.id.high, low: low)
                        let place = PaymentPlace(workspace: due.payment.workspace, id: id)
                        return try t.duePayments(
                            by: end, after: DuePayment(at: due.at, payment: place), limit: maximumPage)
                    }
                }
                try context.expect(found[0], Array(sorted[index...]), "what is due after just before one")
                try context.expect(found[1], Array(sorted[(index + 1)...]), "what is due after just behind one")
            }
            let first = try await store.transaction(as: .service) { t throws(TammError) in
                try t.duePayments(by: end, after: nil, limit: 1)
            }
            try context.expect(first.count == 1 && first[0] <= sorted[0], true, "the first of all")
        },
        StoreLaw("payments.due", .billing, "A payment is due from its moment on, to the microsecond, and not before") {
            store, context in
            let workspace = try await context.workspace(in: store)
            for moment in [Timestamp.min, context.dueMoment(), .max] {
                let id: Identifier<Payment> = context.id()
                let due = DuePayment(at: moment, payment: PaymentPlace(workspace: workspace, id: id))
                try await context.put(due, in: store)
                let before = PaymentPlace(workspace: workspace, id: Identifier(high: id.high, low: id.low - 1))
                let cursor = DuePayment(at: moment, payment: before)
                for (shift, wanted) in [(-1, []), (0, [due]), (1, [due])] as [(Int64, [DuePayment])] {
                    let by = moment.advanced(by: .microseconds(shift))
                    guard shift == 0 || by != moment else { continue }
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.duePayments(by: by, after: cursor, limit: 1)
                    }
                    try context.expect(found, wanted, "what is due \(shift) µs after its moment \(moment)")
                }
            }
        },
        StoreLaw(
            "payments.due.changed", .billing,
            "A payment is due when it was put last: at another moment it has moved, without a task it is not due"
        ) { store, context in
            let (start, workspace) = (context.dueMoment(), try await context.workspace(in: store))
            let place = PaymentPlace(workspace: workspace, id: context.id())
            for shift in [0, 5, 3, 3, nil, nil, 4, 0, nil] as [Int64?] {
                let moment = shift.map { start.advanced(by: .microseconds($0)) }
                let due = moment.map { DuePayment(at: $0, payment: place) }
                var changed = try context.payment(of: workspace, id: place.id)
                changed.task = moment == nil ? nil : .inquire
                changed.dueAt = moment
                let payment = changed
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.lockAndPut([payment])
                    return try t.duePayments(around: start)
                }
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.duePayments(around: start)
                }
                let wanted = due.map { [$0] } ?? []
                try context.expect(found, wanted, "what is due in the same transaction")
                try context.expect(kept, wanted, "what is due in the next transaction")
            }
        },
        StoreLaw(
            "pages.payments.unapplied", .billing,
            "Payments that wait for an administrator are paged over all workspaces in the order of their places, unsigned"
        ) { store, context in
            let workspaces = try await context.neighbours(in: store)
            var holding: [Payment] = []
            var made: [Payment] = []
            for (index, workspace) in workspaces.enumerated() {
                for (number, id) in (context.scattered() as [Identifier<Payment>]).enumerated() {
                    let isHolding = (index + number) % 3 == 0
                    let use: PaymentTransaction.Use = isHolding ? .unapplied(.late) : .applied
                    let payment = try context.payment(
                        of: workspace, id: id, [context.transaction("a"), context.captured("b", 7, use)])
                    made.append(payment)
                    if isHolding { holding.append(payment) }
                }
            }
            try await context.put(made.reversed(), in: store)
            let first = PaymentPlace(workspace: workspaces[0], id: Identifier(high: 0, low: 0))
            let end = PaymentPlace(workspace: workspaces[3], id: Identifier(high: .max, low: .max))
            let listing = Listing<Payment, PaymentPlace>(by: { $0.place }) { t, cursor, limit throws(TammError) in
                let page = try t.paymentsForReview(after: cursor ?? first, limit: limit)
                return Array(page.prefix { $0.place <= end })
            }
            try await listing.check(holding.sorted { $0.place < $1.place }, in: store, context)
            let start = try await store.transaction(as: .service) { t throws(TammError) in
                try t.paymentsForReview(after: nil, limit: 1)
            }
            try context.expect(start.count == 1 && start[0].place <= end, true, "the first of all")
        },
        StoreLaw(
            "payments.unapplied", .billing,
            "A payment is listed for review while it holds unapplied money, and no longer: applied, returned, voided or "
                + "disputed money is none"
        ) { store, context in
            let payment = try context.payment(of: try await context.workspace(in: store))
            let late = PaymentTransaction.Use.unapplied(.late)
            let stages: [(String, [PaymentTransaction])] = [
                ("no money", []), ("a transaction that is pending", [context.transaction("a")]),
                ("captured money that is not judged", [try context.captured("a", 7, nil)]),
                ("applied money", [try context.captured("a", 7)]),
                ("kept money", [try context.captured("a", 7, late)]),
                ("kept money, returned in part", [try context.captured("a", 7, late, refunded: 6)]),
                ("kept money, returned in whole", [try context.captured("a", 7, late, refunded: 7)]),
                ("kept money, returned more than once", [try context.captured("a", 7, late, refunded: .max)]),
                (
                    "applied money and kept money",
                    [try context.captured("a", 7), try context.captured("b", 1, .unapplied(.twice))]
                ),
                ("kept money that was voided", [try context.captured("a", 7, late, isVoided: true)]),
                ("kept money that is disputed", [try context.captured("a", 7, late, dispute: .open)]),
                ("kept money of a dispute that is won", [try context.captured("a", 7, late, dispute: .won)]),
                ("kept money of a dispute that is lost", [try context.captured("a", 7, late, dispute: .lost)]),
                ("kept money of nothing", [try context.captured("a", 0, late)]),
            ]
            for (what, transactions) in stages + stages.reversed() {
                var changed = payment
                changed.transactions = transactions
                let now = changed
                try await context.put([now], in: store)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.unapplied(at: now.place)
                }
                try context.expect(found, now.isForReview ? now : nil, "the payment with \(what)")
            }
        },
    ]
}

extension LawContext {
    /// Puts a payment of which something is due then.
    func put(_ due: DuePayment, in store: any TammStore) async throws {
        var payment = try payment(of: due.payment.workspace, id: due.payment.id)
        payment.task = .inquire
        payment.dueAt = due.at
        try await put([payment], in: store)
    }

    /// Four new workspaces with nothing between them, on both sides of the middle, committed.
    fileprivate func neighbours(in store: any TammStore) async throws(TammError) -> [Identifier<Workspace>] {
        let high = entropy.next()
        let ids = (0..<4).map { Identifier<Workspace>(high: high, low: 0x7fff_ffff_ffff_fffe + $0) }
        try await insert(ids, in: store)
        return ids
    }
}

extension Timestamp {
    /// A place before all payments that are due then.
    fileprivate var before: DuePayment {
        let last = PaymentPlace(
            workspace: Identifier(high: .max, low: .max), id: Identifier(high: .max, low: .max))
        return DuePayment(at: advanced(by: .microseconds(-1)), payment: last)
    }
}

extension PaymentRecords where Self: ~Copyable {
    /// What is due in the ten microseconds from a moment on.
    borrowing func duePayments(around moment: Timestamp) throws(TammError) -> [DuePayment] {
        try duePayments(by: moment.advanced(by: .microseconds(9)), after: moment.before, limit: maximumPage)
    }

    /// The payment, if it is listed with unapplied money.
    borrowing func unapplied(at place: PaymentPlace) throws(TammError) -> Payment? {
        let before = PaymentPlace(
            workspace: place.workspace, id: Identifier(high: place.id.high, low: place.id.low - 1))
        return try paymentsForReview(after: before, limit: 1).first { $0.place == place }
    }
}
