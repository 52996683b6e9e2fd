/// One way in which a store can be wrong.
enum Flaw: String, CaseIterable, Sendable {
    // The unit of work.
    case commitsWhatFailed, rollsBackEntriesAlone, rollsBackMembersNever, wrapsErrors, changesValues
    case refusesStrangers, countsOnReading, readsStaleLocks, readsStaleCounters, tearsReads, readsStaleMembers

    // Workspaces and members.
    case shortensNames, inventsWorkspaces, overwritesWorkspaces, losesFourthMembers, forgetsWhenMembersJoined
    case keepsFirstRoles, acceptsHomelessMembers, keepsRemovedMembers, removesNobody, removesEverywhere
    case ordersSigned

    // The status of workspaces, and invitations.
    case ignoresStatuses, suspendsNobody, letsOwnersSuspend, keepsFailedStatuses, opensThePlatform
    case invitesInSeconds, sharesInvitations, keepsFirstInvitations, movesInvitations, acceptsHomelessInvitations
    case keepsInvitationsThatAreOver, keepsFailedInvitations, ordersInvitationsSigned, leaksInvitations
    case letsAdminsWriteInvitations, forgetsInviters

    // API keys.
    case shortensKeyNames, sharesKeys, sharesDigests, acceptsHomelessKeys, rewritesKeys, countsRevokedKeys
    case setsUsesBack, revivesUsedKeys, letsOwnersRecordUses, keepsFailedKeys, readsStaleKeyRows, ordersKeysSigned
    case leaksKeys, letsAdminsWriteKeys, forgetsPlansOfKeys, hidesRevokedKeys, remembersKeys, revivesRevokedKeys
    case keepsKeysAtHand
    case showsDigestsToAdministrators, ignoresMovedDigests, movesRevokedKeys
    case countsNoRefresh, forgetsAcknowledgements, keepsFailedReaders, showsReadersToAll

    // The audit log.
    case shortensReasons, sortsDetails, inventsAudit, overwritesAudit, keepsFirstOfRepeatedAudit
    case sharesAuditIdentifiers, acceptsHomelessAudit, keepsHalfOfARefusedAppend, keepsFailedAudit, ordersAuditByTime
    case leaksAudit, letsOwnersRecord, letsAdministratorsRecord, hasNoPlatform
    case linksEachRequest, forksChains, reordersRecords, leaksChains, ordersChainsByIdentifier, hashesRecordsAlone
    case cutsDocuments, cutsRequests, inventsHeads, includesCursorOfHeads, keepsOldHeads
    case letsAdministratorsRecordRequests

    // Subscriptions.
    case inventsPlans, keepsFirstPlans, acceptsHomelessPlans, countsPlansFromTheirDay, keepsFailedPlans, leaksPlans
    case letsOwnersChoosePlans, letsOwnersLockPlans, refusesToLockNoPlan, readsStalePlans, forgetsPaidPeriods
    case forgetsStopsOfTopUps, ordersDuesSigned, pagesDuesByMoment, delaysDues, keepsOldDues, leaksDues

    // Payments.
    case opensPaymentsInSeconds, shortensOrders, forgetsTopUpPurchases, sortsTransactions, forgetsUnapplied
    case sortsPaidGrants, findsPaymentsElsewhere, keepsFirstPayments, sharesPaymentIdentifiers
    case acceptsHomelessPayments, keepsFailedPayments, leaksPayments, letsOwnersPutPayments
    case sharesOrders, sharesClaims, namesNoField, keepsOldOrders, keepsOldClaims, ignoresCaseOfOrders
    case ignoresCaseOfClaims, joinsReferences, keepsHalfOfARefusedPayment, readsStaleReferences, mixesOrdersAndClaims
    case freesReceivedTransfers, takesPendingTransfers, leaksDirectories
    case ordersPaymentsByOpening, includesEndOfRange, limitsBeforeProvider, pagesDuePaymentsByMoment
    case ordersDuePaymentsByIdentifier, delaysDuePayments, keepsDuePayments, leaksDuePayments
    case ordersUnappliedByIdentifier, countsReturnedMoney, forgetsUnjudgedMoney, leaksUnappliedMoney

    // Unmatched transactions and saved cards.
    case seesUnmatchedInSeconds, ignoresCaseOfTransactions, keepsFirstUnmatched, takesByPrefix, takesAgain
    case takesByLetters, ordersUnmatchedByLetters, readsStaleUnmatched, keepsFailedUnmatched, leaksUnmatched
    case letsOwnersTakeUnmatched, missesOrdersBeingOpened
    case cutsTokens, sharesCards, keepsFirstCards, keepsRemovedCards, acceptsHomelessCards, removesHomelessCards
    case keepsFailedCards, leaksCards, showsCardsToAdministrators, letsAdministratorsSaveCards

    // Who sees and writes what.
    case leaksWorkspaces, leaksMembers, leaksWallets, leaksWalletLists, leaksEntries, leaksGrants, leaksHolds
    case leaksReceivables, leaksCommands, leaksCounters, leaksUsage, hidesReceivablesFromTheService
    case letsUsersMakeWorkspaces, letsMembersManageMembers, letsMembersRemoveMembers, letsOwnersOpenWallets
    case letsOwnersWriteTheLedger, letsReadersLock, trustsClaimsOfAdministration, takesRolesFromOtherWorkspaces
    case remembersStandings, tellsHiddenFromMissing, believesThoseItActsFor, readsStaleStandings
    case changesEveryAdministrator
    case letsRevokedKeysStand, takesEveryScopeForBilling

    // Wallets with the same identifier in two workspaces.
    case refusesTwinWallets, findsTwinWallets, locksTwinWallets, mixesTwinEntries, mixesTwinGrants, mixesTwinHolds
    case mixesTwinReceivables, sharesTwinCounters, findsTwinKeys, ordersAllWalletsByIdentifier
    case forgetsTheCursorsWallet

    // What a lock reads.
    case reordersLocks, shortensLocks, refusesEmptyLocks, findsForeignWallets, forgetsDueHolds, forgetsHoldsDueNow
    case readsHoldsNotDue, forgetsNamedHolds, forgetsGrantsBehindHolds, forgetsNamedGrants, forgetsScheduledGrants
    case forgetsReopenedGrants, forgetsClosedReceivables, forgetsClaimedCounters, looksWithoutHolds
    case reordersKeysOfBatches, readsStaleKeys, readsStaleUsage

    // What is read otherwise.
    case reordersCommands, sharesKeysAmongWorkspaces, ignoresCaseOfKeys, sharesUsageAmongWorkspaces
    case sortsNamedGrants, sortsNamedReceivables, sortsCounters, missesLastEntryAtItsMoment, mixesWallets
    case throwsAtUnknownWallets, reordersEntries, reordersWallets, reordersAllWallets, includesCursor, skipsARow
    case ignoresLimit, ordersUsageByName, shortensLongPages

    // What is kept.
    case writesNothing, writesFirstRowsAlone, losesLastEntry, losesUsage, losesReversals, losesWallets, keepsFirstHold
    case writesOneWalletAlone, sharesCountersAmongWallets, refusesEmptyWrites
    case acceptsDuplicateKeys, acceptsDuplicateUsage, acceptsRepeatedNumbers, dropsRepeatedRows
    case dropsRowsOfMissingWallets, dropsRowsOfOtherWorkspaces, keepsHalfOfARefusedWrite
    case insertsWalletsTwice, acceptsHomelessWallets, opensWalletsInWholeSeconds
    case truncatesToSeconds, sortsPortions, forgetsEmptyRanges, dropsZeroPortions, saturates

    /// The law that must refuse it; others may too.
    var law: String {
        switch self {
        case .commitsWhatFailed: "rollback.grants"
        case .rollsBackEntriesAlone: "rollback.commands"
        case .rollsBackMembersNever: "rollback.member.changed"
        case .wrapsErrors: "transaction.error"
        case .changesValues: "transaction.value"
        case .refusesStrangers: "transaction.empty"
        case .countsOnReading: "transaction.reading"
        case .readsStaleLocks: "isolation.counter"
        case .readsStaleCounters: "isolation.order"
        case .tearsReads: "isolation.reads"
        case .readsStaleMembers: "isolation.owners"
        case .shortensNames: "workspaces.insert"
        case .inventsWorkspaces: "workspaces.unknown"
        case .overwritesWorkspaces: "workspaces.taken"
        case .losesFourthMembers: "pages.members"
        case .forgetsWhenMembersJoined: "members.put"
        case .keepsFirstRoles: "members.role"
        case .acceptsHomelessMembers: "members.homeless"
        case .keepsRemovedMembers: "members.remove"
        case .removesNobody: "members.remove.unknown"
        case .removesEverywhere: "members.separate"
        case .ordersSigned: "pages.members"
        case .ignoresStatuses: "workspaces.status"
        case .opensThePlatform: "workspaces.platform"
        case .suspendsNobody: "workspaces.status.unknown"
        case .letsOwnersSuspend: "writes.workspaces.status"
        case .keepsFailedStatuses: "rollback.workspace.status"
        case .invitesInSeconds: "values.invitation"
        case .sharesInvitations: "invitations.none"
        case .keepsFirstInvitations: "invitations.changed"
        case .movesInvitations: "invitations.separate"
        case .acceptsHomelessInvitations: "invitations.homeless"
        case .keepsInvitationsThatAreOver: "invitations.closed"
        case .keepsFailedInvitations: "rollback.invitation"
        case .ordersInvitationsSigned: "pages.invitations"
        case .leaksInvitations: "reads.workspace_invitations"
        case .letsAdminsWriteInvitations: "writes.workspace_invitations"
        case .forgetsInviters: "values.invitation"
        case .shortensKeyNames: "values.api-key"
        case .sharesKeys: "keys.none"
        case .sharesDigests: "isolation.api-key.digest"
        case .acceptsHomelessKeys: "keys.homeless"
        case .rewritesKeys: "keys.changed"
        case .countsRevokedKeys: "keys.usable"
        case .setsUsesBack, .revivesUsedKeys: "keys.uses"
        case .letsOwnersRecordUses: "keys.uses.service"
        case .keepsFailedKeys: "rollback.api-key"
        case .readsStaleKeyRows: "isolation.api-key"
        case .ordersKeysSigned: "pages.api-keys"
        case .leaksKeys: "reads.workspace_api_keys"
        case .letsAdminsWriteKeys: "writes.workspace_api_keys"
        case .revivesRevokedKeys: "keys.revoked"
        case .forgetsPlansOfKeys: "keys.found"
        case .hidesRevokedKeys: "keys.found.any"
        case .remembersKeys, .keepsKeysAtHand: "keys.found.now"
        case .showsDigestsToAdministrators: "keys.found.service"
        case .ignoresMovedDigests: "keys.moved"
        case .movesRevokedKeys: "keys.moved.revoked"
        case .countsNoRefresh: "readers.refresh"
        case .forgetsAcknowledgements: "readers.rows"
        case .keepsFailedReaders: "rollback.reader"
        case .showsReadersToAll: "readers.service"
        case .shortensReasons, .sortsDetails: "audit.values"
        case .inventsAudit: "audit.none"
        case .overwritesAudit: "audit.taken"
        case .keepsFirstOfRepeatedAudit: "audit.twice"
        case .sharesAuditIdentifiers: "audit.separate"
        case .acceptsHomelessAudit: "audit.homeless"
        case .keepsHalfOfARefusedAppend: "audit.caught"
        case .keepsFailedAudit: "rollback.audit"
        case .ordersAuditByTime: "pages.audit"
        case .leaksAudit: "reads.audit_logs"
        case .letsOwnersRecord, .letsAdministratorsRecord: "writes.audit_logs"
        case .hasNoPlatform: "audit.platform"
        case .linksEachRequest: "audit.chain"
        case .forksChains: "isolation.audit.chain"
        case .reordersRecords: "audit.chain.together"
        case .leaksChains: "reads.channel_doc_audit_logs"
        case .ordersChainsByIdentifier: "pages.audit.chain"
        case .hashesRecordsAlone: "audit.chain.separate"
        case .cutsDocuments: "values.channel_doc_audit_logs"
        case .cutsRequests: "values.external_api_audit_logs"
        case .inventsHeads: "audit.heads.none"
        case .includesCursorOfHeads: "pages.audit.heads"
        case .keepsOldHeads: "rollback.audit.chain"
        case .letsAdministratorsRecordRequests: "writes.external_api_audit_logs"
        case .inventsPlans, .refusesToLockNoPlan: "subscriptions.none"
        case .keepsFirstPlans: "subscriptions.changed"
        case .acceptsHomelessPlans: "subscriptions.homeless"
        case .countsPlansFromTheirDay, .forgetsPaidPeriods, .forgetsStopsOfTopUps: "values.subscription"
        case .keepsFailedPlans: "rollback.subscription"
        case .leaksPlans: "reads.subscriptions"
        case .letsOwnersChoosePlans: "writes.subscriptions"
        case .letsOwnersLockPlans: "writes.subscriptions.lock"
        case .readsStalePlans: "isolation.subscription.first"
        case .ordersDuesSigned, .pagesDuesByMoment: "pages.subscriptions.due"
        case .delaysDues: "subscriptions.due"
        case .keepsOldDues: "subscriptions.due.changed"
        case .leaksDues: "reads.subscriptions.due"
        case .opensPaymentsInSeconds, .shortensOrders: "values.payment"
        case .forgetsTopUpPurchases: "values.payment.purpose"
        case .sortsTransactions, .forgetsUnapplied: "values.payment.transactions"
        case .sortsPaidGrants: "values.payment.grants"
        case .findsPaymentsElsewhere: "payments.none"
        case .keepsFirstPayments: "payments.changed"
        case .sharesPaymentIdentifiers: "payments.separate"
        case .acceptsHomelessPayments: "payments.homeless"
        case .keepsFailedPayments: "rollback.payment"
        case .leaksPayments: "reads.payments"
        case .letsOwnersPutPayments: "writes.payments"
        case .sharesOrders, .namesNoField: "payments.order"
        case .sharesClaims: "payments.claim"
        case .keepsOldOrders: "payments.order.found"
        case .keepsOldClaims: "payments.claim.found"
        case .ignoresCaseOfOrders, .joinsReferences: "payments.order.separate"
        case .ignoresCaseOfClaims: "payments.claim.separate"
        case .keepsHalfOfARefusedPayment: "payments.claim.caught"
        case .readsStaleReferences: "isolation.payment.order"
        case .mixesOrdersAndClaims: "payments.references"
        case .freesReceivedTransfers: "payments.claim.received"
        case .takesPendingTransfers: "payments.claim.pending"
        case .leaksDirectories: "reads.payments.directory"
        case .ordersPaymentsByOpening: "pages.payments"
        case .includesEndOfRange, .limitsBeforeProvider: "payments.opened"
        case .pagesDuePaymentsByMoment, .ordersDuePaymentsByIdentifier: "pages.payments.due"
        case .delaysDuePayments: "payments.due"
        case .keepsDuePayments: "payments.due.changed"
        case .leaksDuePayments: "reads.payments.due"
        case .ordersUnappliedByIdentifier: "pages.payments.unapplied"
        case .countsReturnedMoney, .forgetsUnjudgedMoney: "payments.unapplied"
        case .leaksUnappliedMoney: "reads.payments.unapplied"
        case .seesUnmatchedInSeconds: "values.unmatched"
        case .ignoresCaseOfTransactions: "unmatched.none"
        case .keepsFirstUnmatched: "unmatched.changed"
        case .takesByPrefix, .takesAgain, .takesByLetters: "unmatched.take"
        case .ordersUnmatchedByLetters: "pages.unmatched"
        case .readsStaleUnmatched: "isolation.unmatched"
        case .missesOrdersBeingOpened: "isolation.unmatched.order"
        case .keepsFailedUnmatched: "rollback.unmatched"
        case .leaksUnmatched: "reads.unmatched"
        case .letsOwnersTakeUnmatched: "writes.unmatched"
        case .cutsTokens: "values.card"
        case .sharesCards: "cards.none"
        case .keepsFirstCards: "cards.replaced"
        case .keepsRemovedCards: "cards.removed"
        case .acceptsHomelessCards, .removesHomelessCards: "cards.homeless"
        case .keepsFailedCards: "rollback.card"
        case .leaksCards, .showsCardsToAdministrators: "reads.saved_cards"
        case .letsAdministratorsSaveCards: "writes.saved_cards"
        case .leaksWorkspaces: "reads.workspaces"
        case .leaksMembers: "reads.workspace_users"
        case .leaksWallets: "reads.workspace_wallets"
        case .leaksWalletLists: "reads.all"
        case .leaksEntries: "reads.ledger_entries"
        case .leaksGrants: "reads.credit_grants"
        case .leaksHolds: "reads.credit_holds"
        case .leaksReceivables, .hidesReceivablesFromTheService: "reads.receivables"
        case .leaksCommands: "reads.wallet_commands"
        case .leaksCounters: "reads.quota_counters"
        case .leaksUsage: "reads.usage_events"
        case .letsUsersMakeWorkspaces: "writes.workspaces"
        case .letsMembersManageMembers: "writes.workspace_users.put.role"
        case .letsMembersRemoveMembers: "writes.workspace_users.remove"
        case .letsOwnersOpenWallets: "writes.wallets.insert"
        case .letsOwnersWriteTheLedger: "writes.workspace_wallets"
        case .letsReadersLock: "writes.lock"
        case .trustsClaimsOfAdministration, .takesRolesFromOtherWorkspaces: "standing"
        case .remembersStandings: "standing.changes"
        case .believesThoseItActsFor: "standing.of"
        case .readsStaleStandings: "standing.of.locked"
        case .changesEveryAdministrator: "admins.service"
        case .letsRevokedKeysStand: "standing.keys"
        case .takesEveryScopeForBilling: "standing"
        case .tellsHiddenFromMissing: "writes.hidden"
        case .refusesTwinWallets, .findsTwinWallets: "twins.wallets"
        case .locksTwinWallets: "twins.lock"
        case .mixesTwinEntries: "twins.entries"
        case .mixesTwinGrants: "twins.grants"
        case .mixesTwinHolds: "twins.holds"
        case .mixesTwinReceivables: "twins.receivables"
        case .findsTwinKeys: "twins.keys"
        case .sharesTwinCounters: "twins.quotas"
        case .ordersAllWalletsByIdentifier, .forgetsTheCursorsWallet: "pages.wallets.all"
        case .reordersKeysOfBatches: "lock.keys"
        case .readsStaleKeys, .readsStaleUsage: "isolation.keys"
        case .reordersLocks: "lock.order"
        case .shortensLocks: "lock.missing"
        case .refusesEmptyLocks: "lock.nothing"
        case .findsForeignWallets: "lock.elsewhere"
        case .forgetsDueHolds, .forgetsHoldsDueNow, .readsHoldsNotDue: "lock.holds.due"
        case .forgetsNamedHolds: "lock.holds.named"
        case .forgetsGrantsBehindHolds: "lock.grants.behind"
        case .forgetsNamedGrants: "lock.grants.named"
        case .forgetsScheduledGrants: "lock.grants.open"
        case .forgetsReopenedGrants: "lock.grants.again"
        case .forgetsClosedReceivables: "lock.receivables"
        case .forgetsClaimedCounters: "lock.quotas"
        case .looksWithoutHolds: "lock.state"
        case .reordersCommands: "commands.order"
        case .sharesKeysAmongWorkspaces: "commands.separate"
        case .ignoresCaseOfKeys: "commands.case"
        case .sharesUsageAmongWorkspaces: "usage.recorded"
        case .sortsNamedGrants: "grants.named"
        case .sortsNamedReceivables: "receivables.named"
        case .sortsCounters: "quotas.order"
        case .missesLastEntryAtItsMoment: "entries.last"
        case .mixesWallets: "wallets.several"
        case .throwsAtUnknownWallets: "wallets.unknown"
        case .reordersEntries: "pages.entries"
        case .reordersWallets: "pages.wallets"
        case .reordersAllWallets: "pages.wallets.all"
        case .includesCursor: "pages.grants"
        case .skipsARow: "pages.holds"
        case .ignoresLimit: "pages.receivables"
        case .ordersUsageByName: "pages.usage"
        case .shortensLongPages: "pages.entries.long"
        case .writesNothing: "transaction.visible.wallets"
        case .writesFirstRowsAlone: "transaction.visible.grants"
        case .losesLastEntry: "transaction.visible.entries"
        case .losesUsage: "transaction.visible.usage"
        case .losesReversals: "write.reversed"
        case .losesWallets: "values.wallet"
        case .keepsFirstHold: "lock.holds.closed"
        case .writesOneWalletAlone: "write.several"
        case .sharesCountersAmongWallets: "isolation.wallets"
        case .refusesEmptyWrites: "write.nothing"
        case .acceptsDuplicateKeys: "write.key"
        case .acceptsDuplicateUsage: "write.usage"
        case .acceptsRepeatedNumbers: "write.sequence"
        case .dropsRepeatedRows: "write.usage.twice"
        case .dropsRowsOfMissingWallets: "write.grant"
        case .dropsRowsOfOtherWorkspaces: "write.elsewhere.entry"
        case .keepsHalfOfARefusedWrite: "write.caught"
        case .insertsWalletsTwice: "wallets.again"
        case .acceptsHomelessWallets: "wallets.homeless"
        case .opensWalletsInWholeSeconds: "wallets.insert"
        case .truncatesToSeconds: "values.entry"
        case .sortsPortions: "values.hold"
        case .forgetsEmptyRanges: "values.command"
        case .dropsZeroPortions: "values.receivable"
        case .saturates: "values.quota"
        }
    }
}
