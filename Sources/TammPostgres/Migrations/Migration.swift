internal import Crypto

/// One step of the schema. Its text never changes once it is released: what has to change is a step of its own.
struct Migration: Sendable {
    /// How to take it back.
    enum Reversal: Sendable {
        case sql(String)
        case impossible(because: String)
    }

    /// Begins with its number, so that the order of the texts is the order of the steps: `0001-access`.
    let id: String
    let up: String
    let down: Reversal

    /// SHA-256 of the text.
    var digest: [UInt8] { Array(SHA256.hash(data: Array(up.utf8))) }

    /// All of them, in order.
    static let all: [Migration] = [
        .accessTables, .ledgerTables, .purchaseTables, .isolationPolicies, .workspaceControl, .apiKeyTables,
        .subscriptionControl, .auditChains, .accessWrites, .apiKeyStanding, .walletVersions,
    ]
}
