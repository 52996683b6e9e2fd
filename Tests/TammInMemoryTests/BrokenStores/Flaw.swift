/// One way in which a store can be wrong.
enum Flaw: String, CaseIterable, Sendable {
    // The unit of work.
    case commitsWhatFailed, rollsBackEntriesAlone, rollsBackMembersNever, wrapsErrors
    case readsStaleLocks, tearsReads, readsStaleMembers, runsNothing

    // Who sees and writes what.
    case leaksGrants, leaksUsage, leaksWalletLists, hidesReceivablesFromTheService
    case letsMembersManageMembers, letsOwnersWriteTheLedger, letsReadersLock, trustsClaimsOfAdministration
    case takesRolesFromOtherWorkspaces, tellsHiddenFromMissing

    // What is read.
    case reordersLocks, shortensLocks, findsForeignWallets, forgetsDueHolds, forgetsHoldsDueNow, readsHoldsNotDue
    case forgetsNamedHolds, forgetsGrantsBehindHolds, forgetsScheduledGrants, readsNoClosedReceivables
    case forgetsClaimedCounters, reordersCommands, sharesKeysAmongWorkspaces, ignoresCaseOfKeys
    case sortsNamedGrants, missesLastEntryAtItsMoment
    case reordersEntries, includesCursor, skipsARow, ignoresLimit, ordersSigned, ordersUsageByName

    // What is kept.
    case losesLastEntry, losesUsage, losesReversals, keepsFirstHold
    case acceptsDuplicateKeys, acceptsDuplicateUsage, acceptsRepeatedNumbers, keepsHalfOfARefusedWrite
    case insertsWalletsTwice, truncatesToSeconds, sortsPortions, forgetsEmptyRanges, dropsZeroPortions
    case saturatesCredits

    /// The law that must refuse it; others may too.
    var law: String {
        switch self {
        case .commitsWhatFailed: "rollback.grants"
        case .rollsBackEntriesAlone: "rollback.commands"
        case .rollsBackMembersNever: "rollback.member.changed"
        case .wrapsErrors: "transaction.error"
        case .readsStaleLocks: "isolation.counter"
        case .tearsReads: "isolation.reads"
        case .readsStaleMembers: "isolation.owners"
        case .runsNothing: "transaction.visible.wallets"
        case .leaksGrants: "reads.credit_grants"
        case .leaksUsage: "reads.usage_events"
        case .leaksWalletLists: "reads.all"
        case .hidesReceivablesFromTheService: "reads.receivables"
        case .letsMembersManageMembers: "writes.workspace_users.put.role"
        case .letsOwnersWriteTheLedger: "writes.workspace_wallets"
        case .letsReadersLock: "writes.lock"
        case .trustsClaimsOfAdministration: "standing"
        case .takesRolesFromOtherWorkspaces: "standing"
        case .tellsHiddenFromMissing: "writes.hidden"
        case .reordersLocks: "lock.order"
        case .shortensLocks: "lock.missing"
        case .findsForeignWallets: "lock.elsewhere"
        case .forgetsDueHolds, .forgetsHoldsDueNow, .readsHoldsNotDue: "lock.holds.due"
        case .forgetsNamedHolds: "lock.holds.named"
        case .forgetsGrantsBehindHolds: "lock.grants.behind"
        case .forgetsScheduledGrants: "lock.grants.open"
        case .readsNoClosedReceivables: "lock.receivables"
        case .forgetsClaimedCounters: "lock.quotas"
        case .reordersCommands: "commands.order"
        case .sharesKeysAmongWorkspaces: "commands.separate"
        case .ignoresCaseOfKeys: "commands.case"
        case .sortsNamedGrants: "grants.named"
        case .missesLastEntryAtItsMoment: "entries.last"
        case .reordersEntries: "pages.entries"
        case .includesCursor: "pages.grants"
        case .skipsARow: "pages.holds"
        case .ignoresLimit: "pages.receivables"
        case .ordersSigned: "pages.members"
        case .ordersUsageByName: "pages.usage"
        case .losesLastEntry: "transaction.visible.entries"
        case .losesUsage: "transaction.visible.usage"
        case .losesReversals: "write.reversed"
        case .keepsFirstHold: "lock.holds.closed"
        case .acceptsDuplicateKeys: "write.key"
        case .acceptsDuplicateUsage: "write.usage"
        case .acceptsRepeatedNumbers: "write.sequence"
        case .keepsHalfOfARefusedWrite: "write.caught"
        case .insertsWalletsTwice: "wallets.again"
        case .truncatesToSeconds: "values.entry"
        case .sortsPortions: "values.hold"
        case .forgetsEmptyRanges: "values.command"
        case .dropsZeroPortions: "values.receivable"
        case .saturatesCredits: "values.grant"
        }
    }
}
