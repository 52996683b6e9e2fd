import TammCore

extension StoreLaw {
    static let walletLaws: [StoreLaw] = [
        StoreLaw("wallets.insert", .billing, "An inserted wallet is there as it was given, with nothing in it") {
            store, context in
            let wallet = Wallet(
                id: context.id(), workspace: try await context.workspace(in: store), openedAt: context.base)
            let inserted = try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(wallet) }
            try context.expect(inserted, true, "inserted")
            let (found, state, entry) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.wallet(wallet.place), try t.walletState(wallet.need(dueBy: .max)),
                    try t.lastEntry(of: wallet.place, at: .max)
                )
            }
            try context.expect(found, wallet, "the wallet")
            let empty = WalletState(wallet: wallet, grants: [], holds: [], receivables: [], quotas: [])
            try context.expect(state, empty, "its state")
            try context.expect(entry, nil, "its last entry")
        },
        StoreLaw("wallets.again", .billing, "Inserting a wallet again changes nothing and says so") { store, context in
            let estate = try await context.estate(in: store)
            let before = try await estate.snapshot(in: store)
            let again = Wallet(id: estate.wallet.id, workspace: estate.wallet.workspace, openedAt: context.at(9))
            let inserted = try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(again) }
            try context.expect(inserted, false, "inserted again")
            try context.expect(try await estate.snapshot(in: store), before, "after it")
        },
        StoreLaw("wallets.again.same", .billing, "A wallet inserted twice in one transaction is there once") {
            store, context in
            let wallet = Wallet(
                id: context.id(), workspace: try await context.workspace(in: store), openedAt: context.base)
            let inserted = try await store.transaction(as: .ledger) { t throws(TammError) in
                [try t.insert(wallet), try t.insert(wallet)]
            }
            try context.expect(inserted, [true, false], "inserted")
            let listed = try await store.transaction(as: .service) { t throws(TammError) in
                try t.wallets(of: wallet.workspace, after: nil, limit: 10)
            }
            try context.expect(listed, [wallet], "the workspace's wallets")
        },
        StoreLaw("wallets.homeless", .billing, "A wallet of a workspace that is not there is refused") {
            store, context in
            let wallet = Wallet(id: context.id(), workspace: context.id(), openedAt: context.base)
            for principal in [Principal.ledger, .service] {
                try await context.expect(.notFound, from: store, as: principal, "inserted") { t throws(TammError) in
                    _ = try t.insert(wallet)
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in try t.wallet(wallet.place) }
            try context.expect(found, nil, "the wallet")
        },
        StoreLaw("wallets.several", .billing, "The wallets of one workspace keep their rows apart") { store, context in
            let tenant = try await context.tenant(in: store)
            let first = try await context.wallet(of: tenant.id, in: store)
            let second = try await context.estate(of: tenant, in: store)
            try await store.write(second.next, to: second.wallet)
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.walletState(first.need(dueBy: .max)), try t.entries(of: first.place, after: 0, limit: 10),
                    try t.grants(of: first.place, after: nil, limit: 10), try t.holds(of: first.place, after: nil, limit: 10),
                    try t.receivables(of: first.place, after: nil, limit: 10)
                )
            }
            let empty = WalletState(wallet: first, grants: [], holds: [], receivables: [], quotas: [])
            try context.expect(found.0, empty, "the state of the other wallet")
            try context.expect(found.1, [], "its entries")
            try context.expect(found.2, [], "its grants")
            try context.expect(found.3, [], "its holds")
            try context.expect(found.4, [], "its receivables")
        },
        StoreLaw("wallets.unknown", .billing, "A wallet that was never inserted is not there, nor anything of it") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let wallet = Wallet(id: context.id(), workspace: workspace, openedAt: context.base)
            let place = wallet.place
            let key = try context.quotaKey(of: wallet)
            let (found, entries, entry, grants) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.wallet(place), try t.entries(of: place, after: 0, limit: 10), try t.lastEntry(of: place, at: .max),
                    try t.grants(of: place, after: nil, limit: 10)
                )
            }
            try context.expect(found, nil, "the wallet")
            try context.expect(entries, [], "its entries")
            try context.expect(entry, nil, "its last entry")
            try context.expect(grants, [], "its grants")
            let (holds, receivables, quotas) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.holds(of: place, after: nil, limit: 10), try t.receivables(of: place, after: nil, limit: 10),
                    try t.quotas([key])
                )
            }
            try context.expect(holds, [], "its holds")
            try context.expect(receivables, [], "its receivables")
            try context.expect(quotas, [QuotaCounter(key: key, used: 0)], "its counter")
        },
    ]
}
