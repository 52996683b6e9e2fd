/// The ledger's rule over a batch: commands in their order, each decided on what those before it have left.
///
/// Group commit and a unit of work that changes other things too call the same fold.
package enum WalletFold {
    /// What became of one command of a batch.
    package enum Answer: Sendable {
        case outcome(WalletOutcome)
        /// This command is wrong; the others are not concerned.
        case failed(TammError)
        /// Another transaction has the wallet locked.
        case busy
    }

    /// Locks, decides, writes; the transaction's commit is the caller's.
    ///
    /// - Parameters:
    ///   - now: the moment of decision; a wallet that has recorded something later decides at that.
    ///   - waiting: whether to wait for wallets that are locked elsewhere.
    /// - Returns: an answer for each command, in their order.
    /// - Throws: what the store throws, `corrupted` where stored rows contradict each other. Then nothing may be
    ///   committed.
    package static func apply(
        _ commands: [WalletCommand], at now: Timestamp, rules: SharedWalletRules, waiting: Bool = true,
        in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) -> [Answer] {
        let plan = Plan(commands, at: now)
        let locked = try t.lockWallets(
            WalletBatch(wallets: plan.needs, keys: plan.keys, usage: plan.usage), waiting: waiting)
        let states = locked.wallets
        var ledgers: [WalletLedger?] = []
        ledgers.reserveCapacity(states.count)
        for state in states {
            if case .locked(let state) = state {
                ledgers.append(WalletLedger(state, at: now, rules: rules))
            } else {
                ledgers.append(nil)
            }
        }
        var batch = Batch(plan, locked, rules: rules)
        if !plan.reversals.isEmpty { try batch.readReversed(by: commands, plan, ledgers: &ledgers, in: t) }
        var answers: [Answer] = []
        answers.reserveCapacity(commands.count)
        for index in commands.indices {
            let slot = plan.slots[index]
            answers.append(
                try batch.decide(commands[index], plan.keys[index], on: &ledgers[slot], states[slot]))
        }
        var changes = batch.changes()
        changes.reserve(wallets: ledgers.count, commands: commands.count)
        for slot in ledgers.indices { ledgers[slot]?.collect(into: &changes) }
        if !changes.isEmpty { try t.write(changes) }
        return answers
    }

    /// What a batch has to read.
    private struct Plan {
        /// One a wallet.
        var needs: [WalletNeed] = []
        /// For each command the index of its need.
        var slots: [Int] = []
        /// For each command its key; then those of the commands that are reversed.
        var keys: [CommandKey] = []
        /// The commands that undo others, by their index.
        var reversals: [(command: Int, key: CommandKey)] = []
        var usage: [UsageKey] = []

        init(_ commands: [WalletCommand], at now: Timestamp) {
            slots.reserveCapacity(commands.count)
            keys.reserveCapacity(commands.count)
            var slotByWallet: [WalletPlace: Int] = [:]
            if commands.count > 1 { slotByWallet.reserveCapacity(commands.count) }
            var last: WalletPlace?
            for index in commands.indices {
                let wallet = commands[index].place
                var slot = slots.last ?? 0
                if wallet != last {
                    slot = slotByWallet[wallet] ?? needs.count
                    if slot == needs.count {
                        needs.append(WalletNeed(workspace: wallet.workspace, wallet: wallet.id, dueBy: now))
                        if commands.count > 1 { slotByWallet[wallet] = slot }
                    }
                    last = wallet
                }
                slots.append(slot)
                keys.append(CommandKey(workspace: wallet.workspace, key: commands[index].key))
                for event in commands[index].usage {
                    usage.append(UsageKey(workspace: wallet.workspace, id: event.id))
                }
                if let quota = commands[index].quota { needs[slot].quotas.append(quota.key(for: wallet)) }
                switch commands[index].action {
                case .capture(let hold, _, _), .release(let hold): needs[slot].holds.append(hold)
                case .clawback(let grant, _): needs[slot].grants.append(grant)
                case .writeOff(let receivable): needs[slot].receivables.append(receivable)
                case .refund(let key, _), .reinstate(let key):
                    reversals.append((index, CommandKey(workspace: wallet.workspace, key: key)))
                case .grant, .debit, .hold, .tidy: break
                }
            }
            keys += reversals.map(\.key)
        }
    }

    /// What the commands of one batch share across wallets: keys, usage, and what reversals undo.
    private struct Batch {
        private let shared: SharedWalletRules
        private var recorded: RecordIndex
        private var reversedEntries: [CommandKey: [LedgerEntry]] = [:]
        private var recordedUsage: Set<UsageKey>
        private var usage: [RecordedUsage] = []

        private var rules: WalletRules {
            @inline(__always) _read { yield shared.rules }
        }

        init(_ plan: Plan, _ locked: LockedBatch, rules: SharedWalletRules) {
            shared = rules
            recordedUsage = locked.usage
            recorded = RecordIndex(expecting: plan.slots.count)
            for case let record? in locked.commands { recorded.add(record, isNew: false) }
        }

        mutating func readReversed(
            by commands: [WalletCommand], _ plan: Plan, ledgers: inout [WalletLedger?],
            in t: borrowing some WalletRecords & ~Copyable
        ) throws(TammError) {
            for (index, key) in plan.reversals {
                let (command, slot) = (commands[index], plan.slots[index])
                guard reversedEntries[key] == nil, let receipt = recorded[key]?.receipt,
                    receipt.wallet == command.wallet, let ledger = ledgers[slot]
                else { continue }
                let place = command.place
                let entries = try t.entries(
                    of: place, after: receipt.entries.lowerBound - 1, limit: receipt.entries.count)
                reversedEntries[key] = entries
                let owed = try t.receivables([ledger.receivable(of: receipt)], of: place)
                let grants =
                    entries.compactMap(\.grant) + owed.flatMap { $0.settledBy.map(\.grant) }
                    + (receipt.grant.map { [$0] } ?? [])
                ledgers[slot]?.include(try t.grants(unique(grants), of: place), owed)
            }
        }

        mutating func decide(
            _ command: WalletCommand, _ key: CommandKey, on ledger: inout WalletLedger?, _ state: LockedWallet
        ) throws(TammError) -> Answer {
            guard ledger != nil else {
                if case .busy = state { return .busy }
                return .failed(
                    TammError(
                        .notFound, "no wallet \(command.wallet) in workspace \(command.workspace)", field: "wallet"))
            }
            return try decide(command, key, on: &ledger!)  // Forced: looked at above; a binding would copy the ledger.
        }

        private mutating func decide(
            _ command: WalletCommand, _ key: CommandKey, on ledger: inout WalletLedger
        ) throws(TammError) -> Answer {
            let fingerprint = CommandFingerprint(command)
            if let earlier = recorded[key], rules.answersAgain(earlier) {
                if rules.isSameRequest(earlier.fingerprint, fingerprint) {
                    return .outcome(.replayed(earlier.receipt))
                }
                return .failed(conflict(command, fingerprint, earlier))
            }
            try ledger.advance()
            for event in command.usage
            where !rules.isNewUsage(recordedUsage.contains(UsageKey(workspace: command.workspace, id: event.id))) {
                return .outcome(.refused(.usageRecorded(event.id)))
            }
            let first = ledger.wallet.sequence + 1
            let decision: WalletDecision
            do {
                decision = try ledger.decide(command, reversing: reversed(by: command, on: ledger))
            } catch  where error.code != .corrupted {
                return .failed(error)
            }
            switch decision {
            case .refused(let refusal): return .outcome(.refused(refusal))
            case .done(let done):
                let receipt = WalletReceipt(
                    workspace: command.workspace, wallet: command.wallet, key: command.key, kind: command.kind,
                    amount: done.amount, shortfall: done.shortfall, entries: first..<ledger.wallet.sequence + 1,
                    balance: ledger.wallet.balance, recordedAt: ledger.now, subject: done.subject)
                record(command, key, receipt, fingerprint)
                return .outcome(.applied(receipt))
            }
        }

        private mutating func record(
            _ command: WalletCommand, _ key: CommandKey, _ receipt: WalletReceipt, _ fingerprint: CommandFingerprint
        ) {
            recorded.add(RecordedCommand(key: key, receipt: receipt, fingerprint: fingerprint), isNew: true)
            if let key = command.reversedKey { recorded.reverse(key, by: receipt.amount) }
            for event in command.usage {
                recordedUsage.insert(UsageKey(workspace: command.workspace, id: event.id))
                usage.append(
                    RecordedUsage(
                        event: event, wallet: command.wallet, command: command.key, recordedAt: receipt.recordedAt))
            }
        }

        /// What a refund or reinstatement undoes, from the store or from earlier in this batch.
        private func reversed(by command: WalletCommand, on ledger: WalletLedger) -> ReversedCommand? {
            guard let key = command.reversedKey, let record = recorded[key],
                record.receipt.wallet == command.wallet
            else { return nil }
            let entries =
                reversedEntries[key] ?? ledger.entries.filter { record.receipt.entries.contains($0.sequence) }
            return ReversedCommand(record: record, entries: entries)
        }

        private func conflict(
            _ command: WalletCommand, _ asked: CommandFingerprint, _ earlier: RecordedCommand
        ) -> TammError {
            let field = asked.firstDifference(from: earlier.fingerprint).map { "\($0)" } ?? "request"
            return TammError(
                .conflict,
                "key \(command.key) was used for a \(earlier.receipt.kind) with another \(field), now a \(command.kind)",
                field: field)
        }

        func changes() -> WalletChanges {
            var changes = WalletChanges()
            recorded.collect(into: &changes)
            changes.usage = usage
            return changes
        }
    }
}

/// The recorded commands that a batch knows, by their keys.
private struct RecordIndex {
    private enum Change { case none, reversed, new }

    private var records: [(record: RecordedCommand, change: Change)] = []
    /// Where each key's record stands; small batches look through them all.
    private var positions: [CommandKey: Int] = [:]
    private let isIndexed: Bool

    init(expecting count: Int) {
        isIndexed = count > 8
        records.reserveCapacity(count)
        if isIndexed { positions.reserveCapacity(count) }
    }

    private func position(of key: CommandKey) -> Int? {
        isIndexed ? positions[key] : records.lastIndex { $0.record.key == key }
    }

    subscript(key: CommandKey) -> RecordedCommand? { position(of: key).map { records[$0].record } }

    /// The last one added under a key is the one that counts.
    mutating func add(_ record: RecordedCommand, isNew: Bool) {
        if isIndexed { positions[record.key] = records.count }
        records.append((record, isNew ? .new : .none))
    }

    mutating func reverse(_ key: CommandKey, by amount: Credits) {
        guard let position = position(of: key) else { return }
        let reversed = records[position].record.reversed.micro + amount.micro
        records[position].record.reversed = Credits(unchecked: reversed)
        if records[position].change == .none { records[position].change = .reversed }
    }

    func collect(into changes: inout WalletChanges) {
        changes.commands.reserveCapacity(records.count)
        for index in records.indices {
            switch records[index].change {
            case .none: break
            case .reversed: changes.reversals.append(records[index].record)
            case .new: changes.commands.append(records[index].record)
            }
        }
    }
}

extension WalletCommand {
    /// The command that a refund or reinstatement undoes.
    var reversedKey: CommandKey? {
        switch action {
        case .refund(let key, _), .reinstate(let key): CommandKey(workspace: workspace, key: key)
        default: nil
        }
    }
}

/// The elements without repetition, in the order in which they first stand.
private func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
    var seen: Set<Element> = []
    return elements.filter { seen.insert($0).inserted }
}
