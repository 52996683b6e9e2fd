/// On whose behalf a transaction runs; it decides which rows the transaction sees and may write.
///
/// A principal is a claim: the store looks membership, platform administration and a key's scopes up in its own rows and
/// takes no role from the caller.
public enum Principal: Sendable, Hashable {
    /// A user acting in one workspace, with the role its membership gives.
    case user(Identifier<User>, in: Identifier<Workspace>)
    /// An API key acting in its workspace: it reads what its scopes let it read (``Permission/init(_:)``) and writes
    /// nothing itself. What a request is to change, the service changes, once its scope has been checked. The store looks
    /// at its status and its workspace's; its expiry, environment and addresses are looked at when a request is admitted.
    case key(Identifier<APIKey>, in: Identifier<Workspace>)
    /// One of the platform's own administrators, across workspaces.
    case platformAdmin(Identifier<User>)
    /// The platform's own processes, across workspaces: they take in webhooks, run jobs and confirm payments.
    case service
    /// Group commit: sees and writes the ledger of every workspace, and nothing else.
    case ledger
}
