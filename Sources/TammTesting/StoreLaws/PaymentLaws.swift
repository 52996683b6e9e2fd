import TammCore

extension StoreLaw {
    static let paymentLaws: [StoreLaw] = [
        StoreLaw(
            "rollback.payment", .unitOfWork,
            "A transaction that throws leaves every payment as it was, its order, its claim and what is due included"
        ) { store, context in
            let (tenant, bare) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let (order, claim) = (try context.reference(), try context.reference(.instaPay))
            let other = try context.reference()
            let moment = context.dueMoment()
            var present = try context.payment(
                of: tenant.id, order: order, claiming: claim, [context.captured("a", 7, .unapplied(.late))])
            (present.task, present.dueAt) = (.inquire, moment)
            try await context.put([present], in: store)
            var changed = present
            (changed.task, changed.dueAt, changed.order, changed.claim) = (nil, nil, nil, nil)
            changed.transactions = []
            changed.status = .expired
            var taking = try context.payment(of: bare, order: order, claiming: claim)
            (taking.task, taking.dueAt) = (.charge, moment)
            var again = changed
            again.order = other
            (again.task, again.dueAt) = (.order, moment.advanced(by: .microseconds(3)))
            let later = try context.payment(of: tenant.id, id: taking.id)
            let writes = [changed, taking, again]
            let (back, places) = ([later, changed], [present.place, taking.place])
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.lockAndPut(writes)
                try t.lockAndPut(back)
            }
            let all = [tenant.payment, present].sorted { $0.id < $1.id }
            try context.expect(try await payments(of: tenant.id, in: store), all, "the payments")
            try context.expect(try await payments(of: bare, in: store), [], "the payments of the other workspace")
            let opened = try await store.transaction(as: .service) { t throws(TammError) in
                try [tenant.id, bare].map { workspace throws(TammError) in
                    try t.payments(of: workspace, with: .paymob, openedIn: .min ..< .max, limit: 10).count
                }
            }
            try context.expect(opened, [2, 0], "how many were opened")
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                [
                    try t.payment(ordered: order), try t.payment(claiming: claim),
                    try t.payment(ordered: other), try t.unapplied(at: places[0])?.place,
                    try t.unapplied(at: places[1])?.place,
                ]
            }
            try context.expect(
                found, [present.place, present.place, nil, present.place, nil], "what is found by order, claim and money")
            let due = try await store.transaction(as: .service) { t throws(TammError) in
                try t.duePayments(around: moment)
            }
            try context.expect(due, [DuePayment(at: moment, payment: present.place)], "what is due")
            try await context.put(writes, in: store)
            try context.expect(
                try await payments(of: bare, in: store), [taking], "the payments when they are written again")
        },
        StoreLaw(
            "reads.payments.directory", .access,
            "A payment is found by its order or its claim by the service and platform administrators alone"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let (order, claim) = (try context.reference(), try context.reference(.instaPay))
            let payment = try context.payment(of: cast.seen.id, order: order, claiming: claim)
            try await context.put([payment], in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    [try t.payment(ordered: order), try t.payment(claiming: claim)]
                }
                let wanted = observer.isPlatform ? payment.place : nil
                try context.expect(found, [wanted, wanted], "what \(observer.name) finds")
            }
        },
        StoreLaw("reads.payments.due", .access, "What is due of payments is shown to the service alone") {
            store, context in
            let cast = try await context.cast(in: store)
            let place = PaymentPlace(workspace: cast.seen.id, id: context.id())
            let due = DuePayment(at: context.dueMoment(), payment: place)
            try await context.put(due, in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    try t.duePayments(around: due.at)
                }
                try context.expect(found, observer.standing == .service ? [due] : [], "what \(observer.name) sees")
            }
        },
        StoreLaw(
            "reads.payments.unapplied", .access,
            "Payments for review are listed to the service and platform administrators alone"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let payment = try context.payment(of: cast.seen.id, [context.captured("a", 7, .unapplied(.late))])
            try await context.put([payment], in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    try t.unapplied(at: payment.place)
                }
                try context.expect(found, observer.isPlatform ? payment : nil, "what \(observer.name) sees")
                guard !observer.isPlatform else { continue }
                let listed = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    try t.paymentsForReview(after: nil, limit: maximumPage)
                }
                try context.expect(listed, [], "the first page that \(observer.name) sees")
            }
        },
        StoreLaw(
            "writes.payments", .access, "Payments are put by the service and platform administrators alone"
        ) { store, context in
            let cast = try await context.cast(in: store)
            var present = cast.seen.payment
            for observer in cast.observers {
                let mayWrite = RowPolicy.mayWrite(.payments, in: cast.seen.id, as: observer.standing)
                let added = try context.payment(of: cast.seen.id)
                let before = try await payments(of: cast.seen.id, in: store)
                var changed = present
                changed.attempts += 1
                for payment in [added, changed] {
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        if mayWrite { _ = try t.lockSubscription(of: cast.seen.id) }
                        try t.put(payment)
                    }
                    try context.expect(error, .payments, mayWrite, observer, of: cast)
                }
                let after = (before.filter { $0.id != changed.id } + [added, changed]).sorted { $0.id < $1.id }
                try context.expect(
                    try await payments(of: cast.seen.id, in: store), mayWrite ? after : before,
                    "the payments after \(observer.name)")
                if mayWrite { present = changed }
            }
        },
    ]
}

extension Cast.Observer {
    /// Whether it sees what belongs to no workspace.
    var isPlatform: Bool { standing == .service || standing == .platformAdmin }
}
