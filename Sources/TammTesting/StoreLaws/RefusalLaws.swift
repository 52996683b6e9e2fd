import TammCore

extension StoreLaw {
    static let refusalLaws: [StoreLaw] =
        [
            refusalLaw("sequence", "an entry's number that is there already", .conflict) { estate, _ in
                var changes = estate.next
                var wallet = estate.wallet
                wallet.sequence = 0
                changes.entries = [wallet.append(grant: estate.made.grants[0].id, recordedAt: wallet.recordedAt)]
                return changes
            },
            refusalLaw("sequence.twice", "the same number for two entries", .conflict) { estate, _ in
                var changes = estate.next
                changes.entries = [changes.entries[0], changes.entries[0]]
                return changes
            },
            refusalLaw("key", "a key that is recorded with another receipt", .conflict) { estate, context in
                var changes = estate.next
                let done = estate.made.commands[0].receipt.key
                changes.commands.append(context.command(of: estate.wallet, key: done, kind: .release, amount: 4))
                return changes
            },
            refusalLaw("usage", "a usage event that is there already", .conflict) { estate, _ in
                var changes = estate.next
                changes.usage.append(estate.made.usage[0])
                return changes
            },
            refusalLaw("usage.command", "a usage event of another command that is there already", .conflict) {
                estate, context throws(TammError) in
                var changes = estate.next
                let (event, command) = (estate.made.usage[0].event.id, changes.commands[0].receipt.key)
                changes.usage.append(context.usage(of: estate.wallet, id: event, by: command))
                return changes
            },
            refusalLaw("usage.twice", "the same usage event twice", .conflict) { estate, _ in
                var changes = estate.next
                changes.usage.append(changes.usage[0])
                return changes
            },
            refusalLaw("wallet", "a wallet that is not there", .notFound) { estate, context in
                var changes = estate.next
                changes.wallets.append(
                    Wallet(id: context.id(), workspace: estate.wallet.workspace, openedAt: context.base))
                return changes
            },
            refusalLaw("grant", "a grant of a wallet that is not there", .notFound) {
                estate, context throws(TammError) in
                var changes = estate.next
                let wallet = Wallet(id: context.id(), workspace: estate.wallet.workspace, openedAt: context.base)
                changes.grants.append(try context.grant(of: wallet))
                return changes
            },
            refusalLaw("elsewhere.wallet", "a wallet in another workspace than its own", .notFound) { estate, context in
                var changes = estate.next
                changes.wallets = [estate.wallet.moved(to: context.id())]
                return changes
            },
            refusalLaw("elsewhere.entry", "an entry in another workspace than its wallet's", .notFound) {
                estate, context in
                var changes = estate.next
                var wallet = estate.wallet.moved(to: context.id())
                changes.entries = [wallet.append(grant: estate.made.grants[0].id, recordedAt: wallet.recordedAt)]
                return changes
            },
            refusalLaw("elsewhere.command", "a command in another workspace than its wallet's", .notFound) {
                estate, context throws(TammError) in
                var changes = estate.next
                let wallet = estate.wallet.moved(to: context.id())
                changes.commands.append(context.command(of: wallet, key: try context.key("command")))
                return changes
            },
            refusalLaw("elsewhere.usage", "usage in another workspace than its wallet's", .notFound) {
                estate, context throws(TammError) in
                var changes = estate.next
                let wallet = estate.wallet.moved(to: context.id())
                let command = changes.commands[0].receipt.key
                changes.usage.append(try context.usage(of: wallet, id: context.key("event"), by: command))
                return changes
            },
            refusalLaw("reversal.unknown", "a reversal of a command that is not recorded", .notFound) {
                estate, context throws(TammError) in
                var changes = estate.next
                changes.reversals = [context.command(of: estate.wallet, key: try context.key("unknown"))]
                return changes
            },
            refusalLaw("key.same", "a command that is recorded already, with the same answer", .conflict) {
                estate, _ throws(TammError) in
                var changes = estate.next
                changes.commands.append(estate.made.commands[0])
                return changes
            },
            StoreLaw("write.reversed", .billing, "A recorded command may be written again with more of it reversed") {
                store, context in
                let wallet = try await context.wallet(in: store)
                let key = try context.key("command")
                for reversed: Int64 in [0, 1, 3] {
                    let command = context.command(of: wallet, key: key, amount: 3, reversed: reversed)
                    var changes = WalletChanges()
                    if reversed == 0 { changes.commands = [command] } else { changes.reversals = [command] }
                    try await store.write(changes, to: wallet)
                    let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                        try t.recordedCommands([command.commandKey])
                    }
                    try context.expect(found, [command], "the command with \(reversed) reversed")
                }
            },
            StoreLaw("write.nothing", .billing, "Writing no rows changes nothing") { store, context in
                let estate = try await context.estate(in: store)
                let before = try await estate.snapshot(in: store)
                try await store.write(WalletChanges(), to: estate.wallet)
                try context.expect(try await estate.snapshot(in: store), before, "after it")
            },
            StoreLaw("write.several", .billing, "One write carries rows of several wallets and workspaces") {
                store, context in
                let (first, second) = (try await context.estate(in: store), try await context.estate(in: store))
                let before = (try await first.snapshot(in: store), try await second.snapshot(in: store))
                var changes = WalletChanges()
                for estate in [first, second] {
                    changes.wallets += estate.next.wallets
                    changes.grants += estate.next.grants
                    changes.holds += estate.next.holds
                    changes.receivables += estate.next.receivables
                    changes.quotas += estate.next.quotas
                    changes.commands += estate.next.commands
                    changes.reversals += estate.next.reversals
                    changes.usage += estate.next.usage
                }
                for index in first.next.entries.indices {
                    changes.entries += [first.next.entries[index], second.next.entries[index]]
                }
                try await store.write(changes, to: first.wallet, second.wallet)
                for (estate, before) in [(first, before.0), (second, before.1)] {
                    try context.expect(
                        try await estate.snapshot(in: store),
                        before.applying(estate.next, commandKeys: estate.commandKeys), "after the write")
                }
            },
            StoreLaw(
                "write.caught", .billing, "Of a write that was refused nothing remains, even where the body goes on"
            ) { store, context in
                let (estate, other) = (try await context.estate(in: store), try await context.estate(in: store))
                let before = (try await estate.snapshot(in: store), try await other.snapshot(in: store))
                var changes = estate.next
                changes.usage.append(estate.made.usage[0])
                let refused = changes
                let error = await context.failure(in: store, as: .ledger) { t throws(TammError) in
                    try other.lockAndWrite(other.next, in: t)
                    _ = try t.lock(estate.wallet.need)
                    do throws(TammError) { try t.write(refused) } catch {}
                }
                try context.expect(try await estate.snapshot(in: store), before.0, "after the refused write")
                let rest = before.1.applying(other.next, commandKeys: other.commandKeys)
                try context.expect(
                    try await other.snapshot(in: store), error == nil ? rest : before.1,
                    "what the transaction wrote before, which \(error == nil ? "committed" : "failed")")
            },
        ]

    private static func refusalLaw(
        _ id: String, _ what: String, _ code: TammError.Code,
        _ changes: @escaping @Sendable (Estate, LawContext) throws(TammError) -> WalletChanges
    ) -> StoreLaw {
        StoreLaw(
            "write.\(id)", .billing, "A write with \(what) is refused as \(code.rawValue), and nothing of it remains"
        ) {
            store, context in
            let estate = try await context.estate(in: store)
            let before = try await estate.snapshot(in: store)
            let refused = try changes(estate, context)
            try await context.expect(code, from: store, as: .ledger, "the write") { t throws(TammError) in
                try estate.lockAndWrite(refused, in: t)
            }
            try context.expect(try await estate.snapshot(in: store), before, "after the refusal")
        }
    }
}

extension Wallet {
    /// The same wallet, as if it were another workspace's.
    fileprivate func moved(to workspace: Identifier<Workspace>) -> Wallet {
        Wallet(
            id: id, workspace: workspace, balance: balance, openHolds: openHolds, sequence: sequence, head: head,
            recordedAt: recordedAt)
    }
}
