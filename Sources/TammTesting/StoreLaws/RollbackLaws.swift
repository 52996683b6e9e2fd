import TammCore

extension StoreLaw {
    static let rollbackLaws: [StoreLaw] =
        WalletPart.allCases.map(rollbackLaw) + accessRollbackLaws + [
            StoreLaw(
                "rollback.all", .unitOfWork, "A transaction that throws leaves nothing behind, however much it wrote"
            ) {
                store, context in
                let estate = try await context.estate(in: store)
                let before = try await estate.snapshot(in: store)
                try await context.rollBack(in: store) { t throws(TammError) in
                    for part in WalletPart.allCases { try estate.lockAndWrite(estate.next(part), in: t) }
                }
                try context.expect(try await estate.snapshot(in: store), before, "after the failure")
            },
            StoreLaw(
                "rollback.twice", .unitOfWork,
                "A row written twice in a transaction that throws is as it was before both"
            ) { store, context in
                let estate = try await context.estate(in: store)
                let before = try await estate.snapshot(in: store)
                var again = WalletChanges()
                again.wallets = estate.made.wallets
                again.grants = estate.made.grants.reversed()
                again.quotas = estate.next.quotas.map { QuotaCounter(key: $0.key, used: 9) }
                let twice = again
                try await context.rollBack(in: store) { t throws(TammError) in
                    try estate.lockAndWrite(estate.next, in: t)
                    try t.write(twice)
                }
                try context.expect(try await estate.snapshot(in: store), before, "after the failure")
            },
            StoreLaw(
                "rollback.retry", .unitOfWork, "What a failed transaction wrote can be written again, and is there once"
            ) { store, context in
                let estate = try await context.estate(in: store)
                let before = try await estate.snapshot(in: store)
                try await context.rollBack(in: store) { t throws(TammError) in
                    try estate.lockAndWrite(estate.next, in: t)
                }
                try await store.write(estate.next, to: estate.wallet)
                try context.expect(
                    try await estate.snapshot(in: store),
                    before.applying(estate.next, commandKeys: estate.commandKeys), "after writing it again")
            },
            StoreLaw(
                "rollback.committed", .unitOfWork, "A failed transaction takes back nothing of those before it"
            ) { store, context in
                let (failed, kept) = (try await context.estate(in: store), try await context.estate(in: store))
                try await store.write(kept.next, to: kept.wallet)
                let before = try await kept.snapshot(in: store)
                try await context.rollBack(in: store) { t throws(TammError) in
                    try failed.lockAndWrite(failed.next, in: t)
                }
                try context.expect(try await kept.snapshot(in: store), before, "after another's failure")
            },
        ]

    private static func rollbackLaw(_ part: WalletPart) -> StoreLaw {
        StoreLaw("rollback.\(part)", .unitOfWork, "A transaction that throws leaves no change of \(part) behind") {
            store, context in
            let estate = try await context.estate(in: store)
            let before = try await estate.snapshot(in: store)
            try await context.rollBack(in: store) { t throws(TammError) in
                try estate.lockAndWrite(estate.next(part), in: t)
            }
            try context.expect(try await estate.snapshot(in: store), before, "after the failure")
        }
    }

    private static let accessRollbackLaws: [StoreLaw] = [
        StoreLaw("rollback.workspace", .unitOfWork, "A transaction that throws leaves no workspace behind") {
            store, context in
            let workspace = try Workspace(id: context.id(), name: "A workspace", createdAt: context.base)
            try await context.rollBack(in: store) { t throws(TammError) in try t.insert(workspace) }
            let found = try await store.transaction(as: .service) { t throws(TammError) in try t.workspace(workspace.id)
            }
            try context.expect(found, nil, "the workspace")
            try await store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
        },
        StoreLaw("rollback.wallet", .unitOfWork, "A transaction that throws leaves no new wallet behind") {
            store, context in
            let wallet = Wallet(
                id: context.id(), workspace: try await context.workspace(in: store), openedAt: context.base)
            try await context.rollBack(in: store) { t throws(TammError) in _ = try t.insert(wallet) }
            let (found, listed) = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.wallet(wallet.place), try t.wallets(of: wallet.workspace, after: nil, limit: 10))
            }
            try context.expect(found, nil, "the wallet")
            try context.expect(listed, [], "the workspace's wallets")
            let inserted = try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(wallet) }
            try context.expect(inserted, true, "inserted after the failure")
        },
        memberLaw("added", "leaves no new member behind") { tenant, user, t throws(TammError) in
            try t.put(Member(workspace: tenant.id, user: user, role: .admin, joinedAt: tenant.workspace.createdAt))
        },
        memberLaw("changed", "leaves every member its role") { tenant, _, t throws(TammError) in
            for var member in tenant.members {
                member.role = member.role == .member ? .owner : .member
                try t.put(member)
            }
        },
        memberLaw("removed", "removes no member") { tenant, _, t throws(TammError) in
            try t.removeMember(tenant.member, from: tenant.id)
        },
        StoreLaw("rollback.admin", .unitOfWork, "A transaction that throws neither makes nor unmakes an administrator") {
            store, context in
            let (made, unmade): (Identifier<User>, Identifier<User>) = (context.id(), context.id())
            let workspace = try await context.workspace(in: store)
            try await store.transaction(as: .service) { t throws(TammError) in _ = try t.setPlatformAdmin(unmade, true) }
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.setPlatformAdmin(made, true)
                try t.setPlatformAdmin(unmade, false)
            }
            for (user, standing) in [(made, RowPolicy.Standing.stranger), (unmade, .platformAdmin)] {
                let found = try await store.transaction(as: .platformAdmin(user)) { t throws(TammError) in
                    try t.standing(in: workspace)
                }
                try context.expect(found, standing, "the standing")
            }
        },
    ]

    private static func memberLaw(
        _ id: String, _ promise: String,
        _ body:
            @escaping @Sendable (Tenant, Identifier<User>, borrowing any StoreTransaction & ~Copyable)
            throws(TammError) -> Void
    ) -> StoreLaw {
        StoreLaw("rollback.member.\(id)", .unitOfWork, "A transaction that throws \(promise)") { store, context in
            let tenant = try await context.tenant(in: store)
            let user: Identifier<User> = context.id()
            try await context.rollBack(in: store) { t throws(TammError) in try body(tenant, user, t) }
            let members = try await store.transaction(as: .service) { t throws(TammError) in
                try t.members(of: tenant.id, after: nil, limit: 10)
            }
            try context.expect(members, tenant.members.sorted { $0.user < $1.user }, "the members")
        }
    }
}

extension LawContext {
    /// Runs the body and throws after it; the store has to pass exactly that on.
    func rollBack(
        in store: any TammStore,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Void
    ) async throws(LawViolation) {
        let planned = TammError(.init(rawValue: "planned"), "the transaction fails after its writes")
        let found = await failure(in: store, as: .service) { t throws(TammError) in
            try body(t)
            throw planned
        }
        try expect(found, planned, "the error of the transaction")
    }
}
