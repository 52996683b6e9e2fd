import TammCore

extension StoreLaw {
    static let lookupLaws: [StoreLaw] = [
        StoreLaw(
            "commands.order", .billing, "Commands are answered in the order of their keys, nil where there is none"
        ) {
            store, context in
            let (wallet, other) = (try await context.wallet(in: store), try await context.wallet(in: store))
            let mine = try (0..<3).map { _ throws(TammError) in
                context.command(of: wallet, key: try context.key("command"))
            }
            let theirs = context.command(of: other, key: try context.key("command"))
            var changes = WalletChanges()
            changes.commands = mine
            try await store.write(changes, to: wallet)
            changes.commands = [theirs]
            try await store.write(changes, to: other)
            let unknown = CommandKey(workspace: wallet.workspace, key: try context.key("unknown"))
            let asked = [
                mine[2].commandKey, unknown, theirs.commandKey, mine[0].commandKey, unknown, mine[1].commandKey,
            ]
            let found = try await store.transaction(as: .ledger) { t throws(TammError) in try t.recordedCommands(asked)
            }
            try context.expect(found, [mine[2], nil, theirs, mine[0], nil, mine[1]], "the commands")
            let none = try await store.transaction(as: .ledger) { t throws(TammError) in try t.recordedCommands([]) }
            try context.expect(none, [], "the commands of no keys")
        },
        StoreLaw("commands.separate", .billing, "The same key in another workspace is another command") {
            store, context in
            let (wallet, other) = (try await context.wallet(in: store), try await context.wallet(in: store))
            let key = try context.key("shared")
            let first = context.command(of: wallet, key: key, amount: 1)
            let second = context.command(of: other, key: key, kind: .grant, amount: 2)
            var changes = WalletChanges()
            changes.commands = [first]
            try await store.write(changes, to: wallet)
            let before = try await store.transaction(as: .ledger) { t throws(TammError) in
                try t.recordedCommands([second.commandKey])
            }
            try context.expect(before, [nil], "the other workspace's command before it is written")
            changes.commands = [second]
            try await store.write(changes, to: other)
            let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                try t.recordedCommands([first.commandKey, second.commandKey])
            }
            try context.expect(found, [first, second], "the commands")
        },
        StoreLaw("commands.case", .billing, "Keys that differ in the case of a letter are different keys") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let text = try context.key("key").text
            let commands = try [text, text.uppercased()].map { text throws(TammError) in
                context.command(of: wallet, key: try IdempotencyKey(text))
            }
            var changes = WalletChanges()
            changes.commands = commands
            try await store.write(changes, to: wallet)
            let keys = commands.map(\.commandKey)
            let found = try await store.transaction(as: .ledger) { t throws(TammError) in try t.recordedCommands(keys) }
            try context.expect(found, commands, "the commands")
        },
        StoreLaw("usage.recorded", .billing, "Of the usage events asked for, those that are recorded are answered") {
            store, context in
            let estate = try await context.estate(in: store)
            let other = try await context.estate(in: store)
            let mine = estate.made.usage[0].event.id
            let theirs = other.made.usage[0].event.id
            func key(_ id: UsageEvent.ID, _ estate: Estate) -> UsageKey {
                UsageKey(workspace: estate.tenant.id, id: id)
            }
            let asked = [
                key(try context.key("event"), estate), key(mine, estate), key(theirs, estate), key(mine, other),
                key(theirs, other), key(mine, estate),
            ]
            for (keys, wanted) in [(asked, [asked[1], asked[4]]), ([], []), ([asked[3]], [])] {
                let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                    try t.lockWallets(WalletBatch(wallets: [estate.wallet.need], usage: keys), waiting: true).usage
                }
                try context.expect(found, Set(wanted), "those recorded of \(keys.count)")
            }
        },
        StoreLaw("usage.separate", .billing, "The same usage event in another workspace is another event") {
            store, context in
            let (wallet, other) = (try await context.wallet(in: store), try await context.wallet(in: store))
            let event = try context.key("shared")
            for wallet in [wallet, other] {
                let command = context.command(of: wallet, key: try context.key("command"))
                var changes = WalletChanges()
                changes.commands = [command]
                changes.usage = [context.usage(of: wallet, id: event, by: command.receipt.key)]
                try await store.write(changes, to: wallet)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.usage(of: wallet.workspace, after: nil, limit: 10)
                }
                try context.expect(found, changes.usage, "the workspace's usage")
            }
        },
        StoreLaw(
            "grants.named", .billing,
            "Grants are answered in the order of their identifiers asked; unknown ones are left out"
        ) { store, context in
            let (other, foreign) = try await context.funded(in: store)
            let wallet = try await context.wallet(of: other.workspace, in: store)
            let grants = [
                try context.grant(of: wallet), try context.grant(of: wallet, remaining: 0),
                try context.grant(of: wallet, status: .scheduled, effectiveAt: context.at(5)),
            ]
            var changes = WalletChanges()
            changes.grants = grants
            try await store.write(changes, to: wallet)
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let wanted = order.map { grants[$0] }
                let asked = [context.id(), wanted[0].id, foreign.id, wanted[1].id, context.id(), wanted[2].id]
                let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                    try t.grants(asked, of: wallet.place)
                }
                try context.expect(found, wanted, "the grants")
            }
        },
        StoreLaw(
            "receivables.named", .billing,
            "Receivables are answered in the order of their identifiers asked; unknown ones are left out"
        ) { store, context in
            let (other, grant) = try await context.funded(in: store)
            let foreign = context.receivable(of: other, for: grant)
            let (wallet, own) = try await context.funded(in: store)
            let receivables = [0, 5, 2].map { context.receivable(of: wallet, for: own, forgiven: $0) }
            var changes = WalletChanges()
            changes.receivables = receivables
            try await store.write(changes, to: wallet)
            changes.receivables = [foreign]
            try await store.write(changes, to: other)
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let wanted = order.map { receivables[$0] }
                let asked = [context.id(), wanted[0].id, foreign.id, wanted[1].id, context.id(), wanted[2].id]
                let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                    try t.receivables(asked, of: wallet.place)
                }
                try context.expect(found, wanted, "the receivables")
            }
        },
        StoreLaw(
            "quotas.order", .billing, "Counters are answered in the order of their keys, 0 where nothing is counted"
        ) {
            store, context in
            let (wallet, other) = (try await context.wallet(in: store), try await context.wallet(in: store))
            let counted = [
                QuotaCounter(key: try context.quotaKey(of: wallet, "messages"), used: 4),
                QuotaCounter(key: try context.quotaKey(of: wallet, "pages"), used: QuotaCounter.maximum),
            ]
            let theirs = QuotaCounter(key: try context.quotaKey(of: other, "messages"), used: 6)
            let meter = counted[0].key.meter
            let empty = QuotaCounter(
                key: .init(wallet: wallet.place, meter: meter, periodStart: context.at(1)), used: 0)
            var changes = WalletChanges()
            changes.quotas = counted
            try await store.write(changes, to: wallet)
            changes.quotas = [theirs]
            try await store.write(changes, to: other)
            let wanted = [theirs, counted[1], empty, counted[0]]
            let keys = wanted.map(\.key)
            let found = try await store.transaction(as: .ledger) { t throws(TammError) in try t.quotas(keys) }
            try context.expect(found, wanted, "the counters")
        },
        StoreLaw("entries.last", .billing, "The last entry at a moment is the last recorded at or before it") {
            store, context in
            var (wallet, grant) = try await context.funded(in: store)
            var changes = WalletChanges()
            for moment: Int64 in [0, 0, 1, 1_000_000] {
                changes.entries.append(
                    wallet.append(grant: grant.id, occurredAt: context.at(-moment), recordedAt: context.at(moment)))
            }
            changes.wallets = [wallet]
            try await store.write(changes, to: wallet)
            let moments: [(Timestamp, Int64?)] = [
                (.min, nil), (context.at(-1), nil), (context.at(0), 2), (context.at(1), 3), (context.at(2), 3),
                (context.at(999_999), 3), (context.at(1_000_000), 4), (.max, 4),
            ]
            for (moment, sequence) in moments {
                let found = try await store.transaction(as: .service) { [place = wallet.place] t throws(TammError) in
                    try t.lastEntry(of: place, at: moment)
                }
                try context.expect(found, sequence.map { changes.entries[Int($0) - 1] }, "the last entry at \(moment)")
            }
        },
    ]
}

extension RecordedCommand {
    var commandKey: CommandKey { CommandKey(workspace: receipt.workspace, key: receipt.key) }
}
