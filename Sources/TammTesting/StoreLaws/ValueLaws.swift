import TammCore

extension StoreLaw {
    static let valueLaws: [StoreLaw] = [
        StoreLaw("values.wallet", .billing, "Every field of a wallet survives, up to its bounds") { store, context in
            let workspace = try await context.workspace(in: store)
            let balances = [
                Balance(available: .max, held: .zero, owed: .zero), Balance(available: .zero, held: .max, owed: .max),
                Balance(available: Credits(unchecked: 1), held: .one, owed: Credits(unchecked: 999_999)),
            ]
            for (index, moment) in [Timestamp.max, .min, context.base].enumerated() {
                let opened = try await context.wallet(of: workspace, in: store)
                var digest = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ index) }
                digest[0] = 0xff
                guard let head = ChainHash(digest) else { throw context.violation("a hash", "none") }
                let changed = Wallet(
                    id: opened.id, workspace: workspace, balance: balances[index],
                    openHolds: [0, WalletLimits.standard.openHolds, 1][index], sequence: [0, 1 << 40, .max][index],
                    head: head,
                    recordedAt: moment)
                var changes = WalletChanges()
                changes.wallets = [changed]
                try await store.write(changes, to: opened)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    (try t.wallet(changed.place), try t.walletState(changed.need)?.wallet)
                }
                try context.expect(found.0, changed, "the wallet")
                try context.expect(found.0?.head.bytes, digest, "its head")
                try context.expect(found.1, changed, "the wallet of its state")
            }
        },
        StoreLaw("values.wallet.opened", .billing, "A wallet opened at either bound of time is there as it was given") {
            store, context in
            for moment in [Timestamp.min, .epoch, .max] {
                let wallet = Wallet(
                    id: context.id(), workspace: try await context.workspace(in: store), openedAt: moment)
                _ = try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(wallet) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in try t.wallet(wallet.place) }
                try context.expect(found, wallet, "the wallet")
            }
        },
        StoreLaw("values.entry", .billing, "Every field of an entry survives, of every kind, present or absent") {
            store, context in
            var (wallet, grant) = try await context.funded(in: store)
            let hold = context.hold(of: wallet, on: [grant])
            let command = context.command(of: wallet, key: try context.longKey())
            var changes = WalletChanges()
            changes.holds = [hold]
            changes.commands = [command]
            for (kind, source, target) in movements {
                for present in 0..<8 {
                    changes.entries.append(
                        wallet.append(
                            kind, from: source, to: target, Credits(unchecked: 0),
                            grant: present & 1 == 0 ? nil : grant.id,
                            hold: present & 2 == 0 ? nil : hold.id,
                            command: present & 4 == 0 ? nil : command.receipt.key, occurredAt: context.at(-7),
                            recordedAt: context.at(Int64(changes.entries.count))
                        ).with(
                            amount: Credits(unchecked: 1 + Int64(present)),
                            balance: Balance(available: .one, held: Credits(unchecked: 3), owed: Credits(unchecked: 7)))
                    )
                }
            }
            changes.wallets = [wallet]
            try await store.write(changes, to: wallet)
            let place = wallet.place
            let (found, last) = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.entries(of: place, after: 0, limit: maximumPage), try t.lastEntry(of: place, at: .max))
            }
            try context.expect(found, changes.entries, "the entries")
            try context.expect(found.map(\.hash.bytes), changes.entries.map(\.hash.bytes), "their hashes")
            try context.expect(last, changes.entries.last, "the last entry")
        },
        StoreLaw("values.entry.bounds", .billing, "An entry survives at the bounds of credits and of time") {
            store, context in
            var (wallet, grant) = try await context.funded(in: store)
            let full = Balance(available: .max, held: .max, owed: .max)
            var changes = WalletChanges()
            for (moment, amount) in [(Timestamp.min, Credits.max), (.epoch, Credits(unchecked: 1)), (.max, .max)] {
                changes.entries.append(
                    wallet.append(grant: grant.id, occurredAt: .min, recordedAt: moment).with(
                        amount: amount, balance: full))
            }
            try await store.write(changes, to: wallet)
            let place = wallet.place
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.entries(of: place, after: 0, limit: maximumPage)
            }
            try context.expect(found, changes.entries, "the entries")
        },
        StoreLaw("values.grant", .billing, "Every field of a grant survives, in every state and up to its bounds") {
            store, context in
            let wallet = try await context.wallet(in: store)
            var grants: [Grant] = []
            for category in Grant.Category.allCases {
                for status in [Grant.Status.scheduled, .active, .expired] {
                    for present in 0..<8 {
                        let terms = try GrantTerms(
                            present == 0 ? .max : context.credits(9), category,
                            priority: [-1000, 0, 1000][present % 3],
                            effectiveAt: present & 1 == 0 ? nil : (present == 1 ? .min : context.at(-5)),
                            expiresAt: present & 2 == 0 ? nil : (present == 2 ? .max : context.at(5)),
                            source: present & 4 == 0 ? nil : context.longKey())
                        grants.append(
                            Grant(
                                id: context.id(), wallet: wallet.place, terms: terms, status: status,
                                remaining: present == 0 ? .max : Credits(unchecked: Int64(present) - 1),
                                clawedBack: present == 0 ? .max : Credits(unchecked: Int64(present)),
                                createdAt: [Timestamp.min, context.base, .max][present % 3]))
                    }
                }
            }
            var changes = WalletChanges()
            changes.grants = grants
            try await store.write(changes, to: wallet)
            let ids = grants.map(\.id)
            let (named, paged, state) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.grants(ids, of: wallet.place), try t.grants(of: wallet.place, after: nil, limit: maximumPage),
                    try t.walletState(wallet.need)
                )
            }
            let sorted = grants.sorted { $0.id < $1.id }
            try context.expect(named, grants, "the grants by their identifiers")
            try context.expect(paged, sorted, "the page of grants")
            try context.expect(state?.sortedGrants, sorted.filter(\.isOpen), "the open grants")
        },
        StoreLaw("values.hold", .billing, "Every field of a hold survives, its portions in their order") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let grants = try (0..<3).map { _ throws(TammError) in try context.grant(of: wallet) }
            let orders = [[2, 0, 1], [1], [0, 2], [1, 2, 0]]
            let quota = try QuotaClaim(
                meter: Meter(String(repeating: "m", count: 64)), quantity: QuotaCounter.maximum,
                limit: QuotaCounter.maximum, periodStart: .min, resetsAt: .max)
            let holds = [Hold.Status.open, .captured, .released, .expired].enumerated().map { index, status in
                Hold(
                    id: context.id(), wallet: wallet.place, amount: index == 0 ? .max : context.credits(6),
                    expiresAt: [Timestamp.max, .min, context.base, context.at(1)][index],
                    portions: orders[index].map {
                        Portion(grant: grants[$0].id, amount: context.credits(Int64($0) + 1))
                    },
                    quota: index % 2 == 0 ? quota : nil, status: status,
                    captured: [Credits.zero, .one, .zero, Credits(unchecked: 1)][index],
                    createdAt: [Timestamp.min, context.base, .max, .epoch][index])
            }
            var changes = WalletChanges()
            changes.grants = grants
            changes.holds = holds
            try await store.write(changes, to: wallet)
            var named = wallet.need
            named.holds = holds.map(\.id)
            let need = named
            let (paged, state) = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.holds(of: wallet.place, after: nil, limit: maximumPage), try t.walletState(need))
            }
            let sorted = holds.sorted { $0.id < $1.id }
            try context.expect(paged, sorted, "the page of holds")
            try context.expect(state?.holds.sorted { $0.id < $1.id }, sorted, "the named holds")
        },
        StoreLaw(
            "values.receivable", .billing,
            "Every field of a receivable survives, its payments in their order, also those that were given back"
        ) { store, context in
            let wallet = try await context.wallet(in: store)
            let grants = try (0..<3).map { _ throws(TammError) in try context.grant(of: wallet) }
            let charge = context.command(of: wallet, key: try context.longKey())
            func paid(_ parts: [(Int, Int64)]) -> [Portion] {
                parts.map { Portion(grant: grants[$0.0].id, amount: Credits(unchecked: $0.1)) }
            }
            let receivables = [
                Receivable(
                    id: context.id(), wallet: wallet.place, origin: .clawback(grants[1].id), amount: .max, settledBy: [],
                    forgiven: .zero, createdAt: .min),
                Receivable(
                    id: context.id(), wallet: wallet.place, origin: .charge(charge.receipt.key),
                    amount: context.credits(1),
                    settledBy: paid([(2, 300), (0, 0), (1, 200)]), forgiven: Credits(unchecked: 500), createdAt: .max),
                Receivable(
                    id: context.id(), wallet: wallet.place, origin: .charge(charge.receipt.key),
                    amount: Credits(unchecked: 5),
                    settledBy: paid([(1, 4)]), forgiven: Credits(unchecked: 1), createdAt: context.base),
            ]
            var changes = WalletChanges()
            changes.grants = grants
            changes.commands = [charge]
            changes.receivables = receivables
            try await store.write(changes, to: wallet)
            let ids = receivables.map(\.id)
            let (named, paged, state) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.receivables(ids, of: wallet.place),
                    try t.receivables(of: wallet.place, after: nil, limit: maximumPage), try t.walletState(wallet.need)
                )
            }
            try context.expect(named, receivables, "the receivables by their identifiers")
            try context.expect(paged, receivables.sorted { $0.id < $1.id }, "the page of receivables")
            try context.expect((state?.receivables).map { Set($0) }, Set(receivables[0...1]), "the open receivables")
        },
        StoreLaw("values.command", .billing, "Every field of a command survives, of every kind and with every subject") {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let hold = context.hold(of: wallet, on: [grant])
            let receivable = context.receivable(of: wallet, for: grant)
            let subjects: [WalletReceipt.Subject?] = [
                .grant(grant.id), .hold(hold.id), .receivable(receivable.id), nil,
            ]
            let ranges: [Range<Int64>] = [1..<1, 5..<5, 1..<2, 7..<7_000_000_000]
            let fingerprints = [[], Array(0...255), [0], [UInt8](repeating: 0xff, count: 578)] as [[UInt8]]
            let commands = try WalletCommand.Kind.allCases.enumerated().map { index, kind throws(TammError) in
                RecordedCommand(
                    receipt: WalletReceipt(
                        workspace: wallet.workspace, wallet: wallet.id,
                        key: index == 0 ? try context.longKey() : try context.key("command"), kind: kind,
                        amount: index == 1 ? .max : Credits(unchecked: Int64(index)),
                        shortfall: index == 1 ? .max : Credits(unchecked: Int64(index) * 2),
                        entries: ranges[index % 4],
                        balance: Balance(
                            available: index == 1 ? .max : .one, held: Credits(unchecked: Int64(index)),
                            owed: Credits(unchecked: 3)),
                        recordedAt: [Timestamp.min, context.base, .max][index % 3],
                        subject: subjects[(index + index / 4) % 4]),
                    fingerprint: CommandFingerprint(bytes: fingerprints[index % 4]),
                    reversed: index == 1 ? .max : Credits(unchecked: Int64(index % 2)))
            }
            var changes = WalletChanges()
            changes.holds = [hold]
            changes.receivables = [receivable]
            changes.commands = commands
            try await store.write(changes, to: wallet)
            let keys = commands.map(\.commandKey)
            let found = try await store.transaction(as: .ledger) { t throws(TammError) in try t.recordedCommands(keys) }
            try context.expect(found, commands, "the commands")
        },
        StoreLaw("values.usage", .billing, "Every field of a usage event survives, of every kind and up to its bounds") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let command = context.command(of: wallet, key: try context.longKey())
            let most = ModelUsage.maxTokens
            let kinds: [Usage] = [
                .model(
                    "gpt-4o-mini",
                    try ModelUsage(
                        promptTokens: 1, cachedPromptTokens: 2, completionTokens: 3, reasoningTokens: 4)),
                .model(
                    String(repeating: "m", count: 128),
                    try ModelUsage(
                        promptTokens: most, cachedPromptTokens: most, completionTokens: most, reasoningTokens: most)),
                .model("models/'a' \"b\" \\c: é", try ModelUsage(promptTokens: 0, completionTokens: 0)),
                .messages(channel: "whatsapp", count: 0), .messages(channel: "webchat", count: 1_000_000_000),
                .documentPages(0), .documentPages(1_000_000_000),
            ]
            var usage: [RecordedUsage] = []
            for (index, kind) in kinds.enumerated() {
                let moments = [(Timestamp.min, Timestamp.max), (.max, .min), (context.base, context.at(1))][index % 3]
                let event = UsageEvent(
                    workspace: wallet.workspace, id: index == 0 ? try context.longKey() : try context.key("event"),
                    usage: kind, cost: [Credits.max, .zero, .one][index % 3],
                    priceBook: [nil, 1, 1_000_000_000][index % 3], occurredAt: moments.0)
                usage.append(
                    RecordedUsage(
                        event: event, wallet: wallet.id, command: command.receipt.key, recordedAt: moments.1))
            }
            var changes = WalletChanges()
            changes.commands = [command]
            changes.usage = usage
            try await store.write(changes, to: wallet)
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.usage(of: wallet.workspace, after: nil, limit: maximumPage)
            }
            try context.expect(found, usage, "the usage")
        },
        StoreLaw("values.quota", .billing, "A counter survives for every meter and period, up to its maximum") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let meters = try ["a", String(repeating: "z", count: 64), "model.tokens-in_9"].map {
                name throws(TammError) in
                try Meter(name)
            }
            var changes = WalletChanges()
            for (index, meter) in meters.enumerated() {
                for (place, start) in [Timestamp.min, context.base, context.at(1), .max].enumerated() {
                    let used = place == 0 ? QuotaCounter.maximum : UInt64(index * 10 + place)
                    changes.quotas.append(
                        QuotaCounter(key: .init(wallet: wallet.place, meter: meter, periodStart: start), used: used))
                }
            }
            try await store.write(changes, to: wallet)
            let keys = changes.quotas.map(\.key)
            let found = try await store.transaction(as: .service) { t throws(TammError) in try t.quotas(keys) }
            try context.expect(found, changes.quotas, "the counters")
        },
    ]

    /// Every kind of entry with the accounts that it moves credits between.
    private static let movements: [(EntryKind, Account, Account)] = [
        (.grant, .issued, .available), (.debit, .available, .consumed), (.hold, .available, .held),
        (.capture, .held, .consumed), (.release, .held, .available), (.holdExpiry, .held, .available),
        (.grantExpiry, .available, .expired), (.refund, .consumed, .available), (.refund, .consumed, .writtenOff),
        (.clawback, .available, .clawedBack), (.shortfall, .owed, .clawedBack), (.settlement, .available, .owed),
        (.reinstatement, .clawedBack, .owed), (.writeOff, .writtenOff, .owed),
    ]
}

extension LedgerEntry {
    fileprivate func with(amount: Credits, balance: Balance) -> LedgerEntry {
        LedgerEntry(
            workspace: workspace, wallet: wallet, sequence: sequence, kind: kind, source: source, target: target,
            amount: amount, grant: grant, hold: hold, command: command, occurredAt: occurredAt, recordedAt: recordedAt,
            balance: balance, hash: hash)
    }
}

extension LawContext {
    /// 255 bytes: every character that a key may have, and more.
    fileprivate func longKey() throws(TammError) -> IdempotencyKey {
        let every = String(String.UnicodeScalarView((0x21...0x7e).map { Unicode.Scalar($0 as UInt8) }))
        let unique = "\(entropy.next())-\(entropy.next())-"
        return try IdempotencyKey(String((unique + every + every + every).prefix(255)))
    }
}
