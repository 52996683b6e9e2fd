import TammCore
import TammInMemory

/// Grants, debits and holds credits, asks twice, asks for too much, and has the ledger recomputed.
@main
struct KeepWallets {
    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        let store = InMemoryStore()
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await Workspaces(store: store, time: time, entropy: entropy)
            .create(named: "Nile Books", owner: user, as: .service)
        let owner = Principal.user(user, in: workspace.id)
        var lines: [String] = []

        // snippet: wallet
        let wallets = Wallets(store: store, time: time)
        let wallet = try await wallets.open(in: workspace.id, as: owner)
        _ = try await wallets.grant(
            GrantTerms(Credits(100), .purchased), to: wallet, key: IdempotencyKey("payment-81"), as: .service)

        let key = try IdempotencyKey("document-7")
        switch try await wallets.debit(Credits(30), from: wallet, key: key, as: owner) {
        case .applied(let receipt): lines.append("charged \(receipt.amount), \(receipt.balance.available) left")
        case .replayed(let receipt): lines.append("charged before: \(receipt.amount)")
        case .refused(let refusal): lines.append("refused: \(refusal)")
        }
        // end snippet
        if case .replayed(let receipt) = try await wallets.debit(Credits(30), from: wallet, key: key, as: owner) {
            lines.append("the same key again: charged before, \(receipt.amount)")
        }

        // snippet: hold
        let held = try await wallets.hold(
            Credits(50), in: wallet, lifetime: .seconds(600), key: IdempotencyKey("run-3:hold"), as: owner)
        if let hold = held.receipt?.hold {
            // … the work, at most ten minutes of it; then what it cost is spent and the rest goes back.
            _ = try await wallets.capture(
                hold, Credits(parsing: "12.5"), in: wallet, key: IdempotencyKey("run-3:capture"), as: owner)
        }
        let balance = try await wallets.balance(of: wallet, as: owner)
        // end snippet
        lines.append("after the hold: \(balance.available) available, \(balance.held) held")

        let wanted = try await wallets.debit(Credits(80), from: wallet, key: IdempotencyKey("document-8"), as: owner)
        if case .refused(.insufficientCredits(let available, let wanted)) = wanted {
            lines.append("refused: \(wanted) wanted, \(available) available")
        }

        // snippet: verify
        let report = try await wallets.verify(as: .service)
        for finding in report.findings { lines.append("\(finding)") }

        var journal = ""
        try await wallets.exportJournal(as: .service) { journal += $0 }  // hledger reads it
        // end snippet
        let assertions = journal.split(separator: "\n").filter { $0.contains(" = CR ") }.count
        lines.append("recomputed \(report.entries) entries, \(report.findings.count) findings")
        lines.append("the journal asserts \(assertions) balances")
        return lines
    }
}
