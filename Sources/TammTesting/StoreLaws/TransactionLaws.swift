import TammCore

extension StoreLaw {
    static let transactionLaws: [StoreLaw] =
        [
            StoreLaw("transaction.value", .unitOfWork, "A transaction returns what its body returns") {
                store, context in
                let value = context.entropy.next()
                let found = try await store.transaction(as: .service) { _ throws(TammError) in value }
                try context.expect(found, value, "the value")
            },
            StoreLaw("transaction.error", .unitOfWork, "An error that a body throws is passed on unchanged") {
                store, context in
                let errors = [
                    TammError(.conflict, "wanted one, found two", field: "prices[0].amount"),
                    TammError(.init(rawValue: "a-code-of-the-callers"), "with \"quotes\" and a line\nbreak"),
                ]
                for error in errors {
                    let found = await context.failure(in: store, as: .service) { _ throws(TammError) in throw error }
                    try context.expect(found, error, "the error")
                }
            },
            StoreLaw("transaction.empty", .unitOfWork, "Any principal may run a transaction that does nothing") {
                store, context in
                let principals: [Principal] = [
                    .service, .ledger, .user(context.id(), in: context.id()), .platformAdmin(context.id()),
                ]
                for principal in principals {
                    let found = try await store.transaction(as: principal) { _ throws(TammError) in 1 }
                    try context.expect(found, 1, "the value for \(principal)")
                }
            },
            StoreLaw(
                "transaction.reading", .unitOfWork, "Reading changes nothing, in a transaction that throws or commits"
            ) { store, context in
                let estate = try await context.estate(in: store)
                let before = try await estate.snapshot(in: store)
                _ = await context.failure(in: store, as: .service) { t throws(TammError) in
                    _ = try Snapshot(of: estate, in: t)
                    throw TammError(.conflict, "after reading")
                }
                try context.expect(try await estate.snapshot(in: store), before, "after reading")
            },
            StoreLaw(
                "transaction.visible.access", .unitOfWork,
                "What a transaction has committed of workspaces and members is there for the next one"
            ) { store, context in
                let tenant = try await context.tenant(in: store)
                let (workspace, members) = try await store.transaction(as: .service) { t throws(TammError) in
                    (try t.workspace(tenant.id), try t.members(of: tenant.id, after: nil, limit: 10))
                }
                try context.expect(workspace, tenant.workspace, "the workspace")
                try context.expect(members, tenant.members.sorted { $0.user < $1.user }, "the members")
            },
        ] + WalletPart.allCases.map(visibleLaw) + WalletPart.allCases.map(ownWriteLaw)

    private static func visibleLaw(_ part: WalletPart) -> StoreLaw {
        StoreLaw(
            "transaction.visible.\(part)", .unitOfWork,
            "What a transaction has committed of \(part) is there for the next one, and nothing else has changed"
        ) { store, context in
            let estate = try await context.estate(in: store)
            let before = try await estate.snapshot(in: store)
            let changes = estate.next(part)
            try await store.write(changes, to: estate.wallet)
            try context.expect(
                try await estate.snapshot(in: store), before.applying(changes, commandKeys: estate.commandKeys),
                "after the commit")
        }
    }

    private static func ownWriteLaw(_ part: WalletPart) -> StoreLaw {
        StoreLaw(
            "transaction.own.\(part)", .unitOfWork, "A transaction sees what it has itself written of \(part)"
        ) { store, context in
            let estate = try await context.estate(in: store)
            let changes = estate.next(part)
            let (before, after) = try await store.transaction(as: .ledger) { t throws(TammError) in
                let before = try Snapshot(of: estate, in: t)
                try estate.lockAndWrite(changes, in: t)
                return (before, try Snapshot(of: estate, in: t))
            }
            try context.expect(
                after, before.applying(changes, commandKeys: estate.commandKeys), "after the write")
        }
    }
}
