/// A table whose rows belong to a workspace, by the name it has in the database.
public enum TenantTable: String, Sendable, CaseIterable {
    case workspaces
    case workspaceUsers = "workspace_users"
    case invitations = "workspace_invitations"
    case apiKeys = "workspace_api_keys"
    case subscriptions
    case payments
    case savedCards = "saved_cards"
    case wallets = "workspace_wallets"
    case entries = "ledger_entries"
    case grants = "credit_grants"
    case holds = "credit_holds"
    case receivables
    case commands = "wallet_commands"
    case quotas = "quota_counters"
    case usageEvents = "usage_events"
    case auditLogs = "audit_logs"
    case documentAccesses = "channel_doc_audit_logs"
    case externalRequests = "external_api_audit_logs"

    /// Whether only the ledger's own rule writes it.
    public var isLedger: Bool {
        switch self {
        case .wallets, .entries, .grants, .holds, .receivables, .commands, .quotas, .usageEvents: true
        case .workspaces, .workspaceUsers, .invitations, .apiKeys, .auditLogs, .documentAccesses, .externalRequests,
            .subscriptions, .payments, .savedCards:
            false
        }
    }

    /// Whether it holds what charges somebody's card: the service's alone.
    public var isSecret: Bool { self == .savedCards }

    /// Whether the service alone writes it, on behalf of users too: what may be written there no row's policy can tell.
    public var isServices: Bool {
        switch self {
        case .invitations, .apiKeys, .auditLogs, .documentAccesses, .externalRequests, .savedCards: true
        default: false
        }
    }

    var readPermission: Permission {
        switch self {
        case .workspaces, .workspaceUsers, .subscriptions: .readWorkspace
        case .invitations: .manageMembers
        case .apiKeys: .manageKeys
        case .auditLogs, .documentAccesses, .externalRequests: .readAudit
        default: .readBilling
        }
    }

    /// What a member needs to write it; no role has what the platform alone writes.
    var writePermission: Permission {
        switch self {
        case .workspaces: .manageWorkspace
        case .workspaceUsers: .manageMembers
        default: .issueCredits
        }
    }
}

/// Who may read and write which row: the rule that row-level security enforces in a database.
public enum RowPolicy {
    /// What the store has found a principal to be, looked up in its own rows.
    public enum Standing: Sendable, Hashable {
        case member(Role, of: Identifier<Workspace>)
        /// An active key of an active workspace, with what its scopes let it see.
        case key(Set<Permission>, of: Identifier<Workspace>)
        case platformAdmin
        case service
        case ledger
        /// Neither a member nor an administrator.
        case stranger
    }

    /// Whether a row of `table` in `workspace` is visible.
    @inline(__always)
    public static func mayRead(_ table: TenantTable, in workspace: Identifier<Workspace>, as standing: Standing) -> Bool {
        switch standing {
        case .service: true
        case .platformAdmin: !table.isSecret
        case .ledger: table.isLedger
        case .member(let role, let own):
            own == workspace && !table.isSecret && role.permissions.contains(table.readPermission)
        case .key(let permissions, let own):
            own == workspace && !table.isSecret && permissions.contains(table.readPermission)
        case .stranger: false
        }
    }

    /// Whether a row of `table` in `workspace` may be inserted, changed or deleted.
    ///
    /// No user writes a ledger table, whatever its role: only the ledger and the platform's services do.
    @inline(__always)
    public static func mayWrite(
        _ table: TenantTable, in workspace: Identifier<Workspace>, as standing: Standing
    ) -> Bool {
        switch standing {
        case .service: true
        case .ledger: table.isLedger
        case .platformAdmin: !table.isLedger && !table.isServices
        case .member(let role, let own):
            own == workspace && !table.isLedger && !table.isServices
                && role.permissions.contains(table.writePermission)
        case .key, .stranger: false
        }
    }

    /// Whether somebody may be invited into a role: only those make owners who may manage owners.
    public static func mayInvite(
        as role: Role, into workspace: Identifier<Workspace>, as standing: Standing
    ) -> Bool {
        standing.holds(.manageMembers, in: workspace)
            && (role != .owner || standing.holds(.manageOwners, in: workspace))
    }

    /// Whether a member's row may change from one role to another; nil is no row. Owners are made and unmade by
    /// those alone who may manage owners.
    public static func mayChangeRole(
        from present: Role?, to next: Role?, in workspace: Identifier<Workspace>, as standing: Standing
    ) -> Bool {
        guard mayWrite(.workspaceUsers, in: workspace, as: standing) else { return false }
        return (present != .owner && next != .owner) || standing.holds(.manageOwners, in: workspace)
    }
}
