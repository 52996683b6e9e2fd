public import TammCore

extension PostgresTransaction {
    /// - Throws: `forbidden` unless the principal writes ledger tables.
    private borrowing func requireLedger() throws(TammError) {
        switch session.principal {
        case .ledger, .service: break
        case .user, .key, .platformAdmin: throw TammError(.forbidden, "only the ledger and the service write wallets")
        }
    }

    public borrowing func insert(_ wallet: Wallet) throws(TammError) -> Bool {
        try requireLedger()
        let isNew = try session.run(.insertWallet, PostgresParameters(inserting: wallet)).affected > 0
        session.wallets.insert(wallet.place)
        return isNew
    }

    // MARK: Deciding

    public borrowing func lockWallets(_ batch: WalletBatch, waiting: Bool) throws(TammError) -> LockedBatch {
        try requireLedger()
        if !waiting, session.view == nil, let states = session.recall(batch) {
            try session.begin(.committed)
            return LockedBatch(wallets: states, commands: batch.keys.map { _ in nil }, usage: [])
        }
        try session.begin(.committed)
        return try read(batch, with: waiting ? .lockWallets : .lockFreeWallets, waiting: waiting)
    }

    public borrowing func walletState(_ need: WalletNeed) throws(TammError) -> WalletState? {
        try session.begin(.snapshot)
        // Without a snapshot a lock keeps the wallet's rows together, for those who may take one.
        let locks = session.view == .committed && session.role != .runtime
        let lock: Statement = locks ? .lockWallets : .lookAtWallets
        let found = try read(WalletBatch(wallets: [need], keys: [], usage: []), with: lock, waiting: true)
        guard case .locked(let state)? = found.wallets.first else { return nil }
        return state
    }

    /// Locks the wallets, then reads all that deciding needs in the same round trip: each statement sees what was
    /// committed when it began, which is after the locks.
    private borrowing func read(
        _ batch: WalletBatch, with lock: Statement, waiting: Bool
    ) throws(TammError) -> LockedBatch {
        let places = batch.wallets.map(\.place)
        let wallets = PostgresParameters(places: places)
        var due = wallets
        due.add(batch.wallets, \.dueBy)
        var flight: [(Statement, PostgresParameters)] = [
            (lock, wallets), (.openGrants, wallets), (.dueHolds, due), (.openReceivables, wallets),
        ]
        func place(_ statement: Statement, _ count: Int, _ parameters: @autoclosure () -> PostgresParameters) -> Int? {
            guard count > 0 else { return nil }
            flight.append((statement, parameters()))
            return flight.count - 1
        }
        func named<Entity>(_ ids: (WalletNeed) -> [Identifier<Entity>]) -> [(WalletPlace, Identifier<Entity>)] {
            batch.wallets.flatMap { need in ids(need).map { (need.place, $0) } }
        }
        let (grants, holds, receivables) = (named(\.grants), named(\.holds), named(\.receivables))
        let quotaKeys = batch.wallets.flatMap(\.quotas)
        let keysAt = place(.recordedCommands, batch.keys.count, PostgresParameters(batch.keys))
        let usageAt = place(.recordedUsage, batch.usage.count, PostgresParameters(batch.usage))
        let counting = waiting ? [] : Set(batch.usage.map(\.workspace)).sorted()
        let countersAt = place(.lockFreeCounters, counting.count, PostgresParameters(counting: counting))
        let grantsAt = place(.namedGrants, grants.count, PostgresParameters(grants))
        let holdsAt = place(.namedHolds, holds.count, PostgresParameters(holds))
        let receivablesAt = place(.namedReceivables, receivables.count, PostgresParameters(receivables))
        let quotasAt = place(.quotas, quotaKeys.count, PostgresParameters(quotaKeys))
        let rows = try session.run(flight)

        var states = StateBuilder()
        let locked = try rows[0].map { row throws(TammError) -> (Wallet, version: Int64) in
            (try row.nextWallet(), try row.next())
        }
        for (wallet, _) in locked { states.add(wallet) }
        try states.add(grants: rows[1], holds: rows[2], receivables: rows[3])
        try states.add(
            grants: grantsAt.map { rows[$0] }, holds: holdsAt.map { rows[$0] },
            receivables: receivablesAt.map { rows[$0] })
        if let quotasAt { try states.add(quotas: rows[quotasAt]) }
        try readLaterHolds(for: batch.wallets, into: &states)
        try readBehindHolds(into: &states)
        session.wallets.formUnion(states.places)
        session.grants.formUnion(states.grantIDs)

        var existing: Set<WalletPlace> = []
        // Workspaces whose usage events another transaction counts.
        var busy: Set<Identifier<Workspace>> = []
        let unlocked = places.filter { states[$0] == nil }
        if !waiting, !unlocked.isEmpty {
            let found = try session.run(.lookAtWallets, PostgresParameters(places: unlocked))
            existing = Set(try found.map { row throws(TammError) in try row.nextPlace() })
        }
        var commands: [CommandKey: RecordedCommand] = [:]
        if let keysAt {
            for command in try rows[keysAt].map({ row throws(TammError) in try row.nextCommand() }) {
                commands[command.key] = command
            }
            session.memory?.learn(commands.keys)
        }
        if let countersAt {
            let free = Set(try rows[countersAt].map { row throws(TammError) in try row.next(Identifier<Workspace>.self) })
            busy = Set(counting).subtracting(free)
            if !busy.isEmpty {
                // Without a row there is nothing to wait for: the first event of a workspace makes it.
                let there = try session.run(.counters, PostgresParameters(counting: Array(busy)))
                busy.formIntersection(try there.map { row throws(TammError) in try row.next(Identifier<Workspace>.self) })
            }
        }
        let usage = try usageAt.map { index throws(TammError) in
            try rows[index].map { row throws(TammError) in UsageKey(workspace: try row.next(), id: try row.next()) }
        }
        if session.memory != nil, session.view == .committed {
            let versions = Dictionary(uniqueKeysWithValues: locked.map { ($0.0.place, $0.version) })
            for need in batch.wallets {
                guard let state = states.state(for: need), let version = versions[need.place] else { continue }
                session.memory?.learn(state, version: version)
            }
        }
        return LockedBatch(
            wallets: batch.wallets.map { need in
                if busy.contains(need.place.workspace) { return .busy }
                return states.state(for: need).map { .locked($0) } ?? (existing.contains(need.place) ? .busy : .missing)
            },
            commands: batch.keys.map { commands[$0] }, usage: Set(usage ?? []))
    }

    /// Reads the holds that are due by the wallet's last entry where the clock is behind it.
    private borrowing func readLaterHolds(
        for needs: [WalletNeed], into states: inout StateBuilder
    ) throws(TammError) {
        let later = needs.compactMap { need -> (place: WalletPlace, dueBy: Timestamp)? in
            guard let wallet = states[need.place], wallet.recordedAt > need.dueBy else { return nil }
            return (need.place, wallet.recordedAt)
        }
        guard !later.isEmpty else { return }
        var parameters = PostgresParameters(places: later.map(\.place))
        parameters.add(later, \.dueBy)
        try states.add(grants: nil, holds: session.run(.dueHolds, parameters), receivables: nil)
    }

    /// Reads the closed grants and the counters that the holds speak of.
    private borrowing func readBehindHolds(into states: inout StateBuilder) throws(TammError) {
        let (grants, quotas) = (states.grantsBehindHolds, states.quotasBehindHolds)
        var flight: [(Statement, PostgresParameters)] = []
        if !grants.isEmpty { flight.append((.namedGrants, PostgresParameters(grants))) }
        if !quotas.isEmpty { flight.append((.quotas, PostgresParameters(quotas))) }
        guard !flight.isEmpty else { return }
        let rows = try session.run(flight)
        if !grants.isEmpty { try states.add(grants: rows[0], holds: nil, receivables: nil) }
        if !quotas.isEmpty { try states.add(quotas: rows[rows.count - 1]) }
    }

    public borrowing func recordedCommands(_ keys: [CommandKey]) throws(TammError) -> [RecordedCommand?] {
        let rows = try session.run(.recordedCommands, PostgresParameters(keys))
        var found: [CommandKey: RecordedCommand] = [:]
        for command in try rows.map({ row throws(TammError) in try row.nextCommand() }) { found[command.key] = command }
        return keys.map { found[$0] }
    }

    public borrowing func grants(
        _ ids: [Identifier<Grant>], of wallet: WalletPlace
    ) throws(TammError) -> [Grant] {
        let rows = try session.run(.namedGrants, PostgresParameters(ids.map { (wallet, $0) }))
        let found = try rows.map { row throws(TammError) in try row.nextGrant() }
        for grant in found { session.grants.insert(GrantPlace(wallet: grant.wallet, id: grant.id)) }
        return ids.compactMap { id in found.first { $0.id == id } }
    }

    public borrowing func receivables(
        _ ids: [Identifier<Receivable>], of wallet: WalletPlace
    ) throws(TammError) -> [Receivable] {
        let rows = try session.run(.namedReceivables, PostgresParameters(ids.map { (wallet, $0) }))
        let found = try rows.map { row throws(TammError) in try row.nextReceivable() }
        return ids.compactMap { id in found.first { $0.id == id } }
    }

    // MARK: Writing

    public borrowing func write(_ changes: WalletChanges) throws(TammError) {
        try requireLedger()
        let renewed = try requireWallets(of: changes)
        if !changes.reversals.isEmpty {
            let changed = try session.run(.reverseCommands, PostgresParameters(changes.reversals)).affected
            guard changed == changes.reversals.count else {
                throw session.fail(TammError(.notFound, "a command to reverse is not recorded, or with another receipt"))
            }
        }
        if !changes.wallets.isEmpty {
            var (wallets, versions) = (changes.wallets, changes.wallets.map { session.memory?.version(of: $0.place) })
            if session.memory?.isTrusted == true {
                // They are not locked yet: in the order in which all lock.
                let order = wallets.indices.sorted { wallets[$0].place < wallets[$1].place }
                (wallets, versions) = (order.map { wallets[$0] }, order.map { versions[$0] })
            }
            try session.post(.updateWallets, PostgresParameters(updating: wallets, of: versions))
        }
        if !renewed.isEmpty {
            let versions = renewed.map { session.memory?.version(of: $0) }
            try session.post(.renewWallets, PostgresParameters(places: renewed, of: versions))
        }
        if !changes.entries.isEmpty { try session.post(.insertEntries, PostgresParameters(changes.entries)) }
        var (known, others) = (changes.grants, [Grant]())
        if !known.allSatisfy({ session.knows($0) }) {
            others = known.filter { !session.knows($0) }
            known.removeAll { !session.knows($0) }
        }
        if !known.isEmpty { try session.post(.updateGrants, PostgresParameters(updating: known)) }
        if !others.isEmpty { try session.post(.putGrants, PostgresParameters(putting: others)) }
        if !changes.holds.isEmpty { try session.post(.putHolds, PostgresParameters(changes.holds)) }
        if !changes.receivables.isEmpty { try session.post(.putReceivables, PostgresParameters(changes.receivables)) }
        if !changes.quotas.isEmpty { try session.post(.putQuotas, PostgresParameters(changes.quotas)) }
        if !changes.commands.isEmpty { try session.post(.insertCommands, PostgresParameters(changes.commands)) }
        if !changes.usage.isEmpty { try session.post(.insertUsage, PostgresParameters(changes.usage)) }
        session.memory?.note(changes, renewing: renewed)
    }

    /// - Returns: the wallets of which only what belongs to them changes, in the order of their places.
    /// - Throws: `notFound` for a row of a wallet that is not there; nothing of the transaction remains.
    private borrowing func requireWallets(of changes: WalletChanges) throws(TammError) -> [WalletPlace] {
        var changed = WalletPlaces(changes.wallets.map(\.place))
        var renewed: Set<WalletPlace> = []
        var unknown: Set<WalletPlace> = []
        func note(_ place: WalletPlace, isRenewed: Bool = false) {
            if changed.contains(place) { return }
            if isRenewed { renewed.insert(place) }
            if !session.wallets.contains(place) { unknown.insert(place) }
        }
        for place in changed.all where !session.wallets.contains(place) { unknown.insert(place) }
        for entry in changes.entries { note(WalletPlace(workspace: entry.workspace, id: entry.wallet)) }
        for grant in changes.grants { note(grant.wallet, isRenewed: true) }
        for hold in changes.holds { note(hold.wallet, isRenewed: true) }
        for receivable in changes.receivables { note(receivable.wallet, isRenewed: true) }
        for counter in changes.quotas { note(counter.key.wallet) }
        for commands in [changes.commands, changes.reversals] {
            for command in commands {
                note(WalletPlace(workspace: command.receipt.workspace, id: command.receipt.wallet))
            }
        }
        for usage in changes.usage { note(WalletPlace(workspace: usage.event.workspace, id: usage.wallet)) }
        guard !unknown.isEmpty else { return renewed.sorted() }
        let found = try session.run(.lookAtWallets, PostgresParameters(places: unknown.sorted()))
        let present = Set(try found.map { row throws(TammError) in try row.nextPlace() })
        session.wallets.formUnion(present)
        if let missing = unknown.subtracting(present).min() {
            throw session.fail(
                TammError(.notFound, "no wallet \(missing.id) in workspace \(missing.workspace)"))
        }
        return renewed.sorted()
    }

    // MARK: Reading

    public borrowing func wallet(_ place: WalletPlace) throws(TammError) -> Wallet? {
        try session.run(.lookAtWallets, PostgresParameters(places: [place])).first { row throws(TammError) in
            try row.nextWallet()
        }
    }

    public borrowing func wallets(
        of workspace: Identifier<Workspace>?, after cursor: WalletPlace?, limit: Int
    ) throws(TammError) -> [Wallet] {
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        let rows: ResultRows
        if let workspace {
            // Of one workspace, a place in another is before or after all of it.
            if let cursor, cursor.workspace > workspace { return [] }
            let after = cursor.flatMap { $0.workspace == workspace ? $0.id : nil }
            parameters.add(workspace)
            if let after { parameters.add(after) }
            rows = try session.run(.walletsOfWorkspace, after != nil, parameters)
        } else {
            if let cursor {
                parameters.add(cursor.workspace)
                parameters.add(cursor.id)
            }
            rows = try session.run(.walletsOfAll, cursor != nil, parameters)
        }
        return try rows.map { row throws(TammError) in try row.nextWallet() }
    }

    public borrowing func entries(
        of wallet: WalletPlace, after sequence: Int64, limit: Int
    ) throws(TammError) -> [LedgerEntry] {
        guard limit > 0 else { return [] }
        var parameters = wallet.parameters
        parameters.add(sequence)
        parameters.add(Int64(limit))
        return try session.run(.entries, parameters).map { row throws(TammError) in try row.nextEntry() }
    }

    public borrowing func lastEntry(
        of wallet: WalletPlace, at moment: Timestamp
    ) throws(TammError) -> LedgerEntry? {
        var parameters = wallet.parameters
        parameters.add(moment)
        return try session.run(.lastEntry, parameters).first { row throws(TammError) in try row.nextEntry() }
    }

    public borrowing func grants(
        of wallet: WalletPlace, after cursor: Identifier<Grant>?, limit: Int
    ) throws(TammError) -> [Grant] {
        try page(.grantPages, of: wallet, after: cursor, limit: limit).map { row throws(TammError) in
            try row.nextGrant()
        }
    }

    public borrowing func holds(
        of wallet: WalletPlace, after cursor: Identifier<Hold>?, limit: Int
    ) throws(TammError) -> [Hold] {
        try page(.holdPages, of: wallet, after: cursor, limit: limit).map { row throws(TammError) in
            try row.nextHold()
        }
    }

    public borrowing func receivables(
        of wallet: WalletPlace, after cursor: Identifier<Receivable>?, limit: Int
    ) throws(TammError) -> [Receivable] {
        try page(.receivablePages, of: wallet, after: cursor, limit: limit).map { row throws(TammError) in
            try row.nextReceivable()
        }
    }

    private borrowing func page<Entity>(
        _ listing: Listing, of wallet: WalletPlace, after cursor: Identifier<Entity>?, limit: Int
    ) throws(TammError) -> ResultRows {
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(wallet.workspace)
        parameters.add(wallet.id)
        if let cursor { parameters.add(cursor) }
        return try session.run(listing, cursor != nil, parameters)
    }

    public borrowing func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID?, limit: Int
    ) throws(TammError) -> [RecordedUsage] {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(cursor)
        parameters.add(Int64(limit))
        return try session.run(.usagePage, parameters).map { row throws(TammError) in try row.nextUsage() }
    }

    public borrowing func quotas(_ keys: [QuotaCounter.Key]) throws(TammError) -> [QuotaCounter] {
        var states = StateBuilder()
        try states.add(quotas: try session.run(.quotas, PostgresParameters(keys)))
        return keys.map { QuotaCounter(key: $0, used: states.used[$0] ?? 0) }
    }
}

extension WalletPlace {
    fileprivate var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(id)
        return parameters
    }
}
