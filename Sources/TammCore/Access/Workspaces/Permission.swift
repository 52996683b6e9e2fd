/// What a principal may be allowed to do in a workspace.
public enum Permission: String, Sendable, CaseIterable {
    /// See the workspace and its members.
    case readWorkspace
    /// Change the workspace's name and settings.
    case manageWorkspace
    /// Invite, remove and change the role of members.
    case manageMembers
    /// Make or unmake an owner.
    case manageOwners
    /// See wallets, statements, usage and payments.
    case readBilling
    /// Buy, change the plan, set budgets.
    case manageBilling
    /// Debit and hold credits by using the platform; the answers tell what is left.
    case spendCredits
    /// Grant, refund and take back credits: the platform's side of the counter.
    case issueCredits
    /// Create and revoke API keys.
    case manageKeys
    /// Connect and change the channels on which customers write.
    case manageChannels
    /// See who did what in the workspace.
    case readAudit
    /// Suspend, resume and close the workspace: the platform's part, which no role has.
    case controlWorkspace

    /// What a scope lets a key see in the store: `workspace.read`, `billing.read` and `audit.read`; nil for every other,
    /// which is for whoever answers the request. None lets a key write: a budget or a bound of a service would be passed
    /// by.
    public init?(_ scope: APIKeyScope) {
        switch scope.name {
        case "workspace.read": self = .readWorkspace
        case "billing.read": self = .readBilling
        case "audit.read": self = .readAudit
        default: return nil
        }
    }
}

/// A member's part in a workspace, from least to most.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    case member, admin, owner

    /// The table of permissions, by role.
    public var permissions: Set<Permission> {
        switch self {
        case .member: [.readWorkspace, .spendCredits]
        case .admin:
            [
                .readWorkspace, .spendCredits, .manageWorkspace, .manageMembers, .readBilling, .manageBilling,
                .manageKeys, .manageChannels, .readAudit,
            ]
        case .owner: Role.admin.permissions.union([.manageOwners])
        }
    }
}
