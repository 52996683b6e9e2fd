import TammCore
import TammInMemory

/// Takes the workspaces of an existing platform over, and runs its billing and Tamm side by side.
@main
struct AdoptPlatform {
    static func main() async throws {
        // The export is of that day.
        let noon = try Timestamp(parsing: "2026-03-15T12:00:00Z")
        for line in try await lines(time: TimeSource { noon }, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        let tamm = Tamm(
            store: InMemoryStore(), time: time, entropy: entropy, catalogue: .example, prices: .example)
        let adopted = try await adopt(OldPlatform.export, tamm)
        return try await adopted + compare(tamm)
    }

    static func adopt(_ export: String, _ tamm: Tamm) async throws -> [String] {
        var lines: [String] = []
        // snippet: adopt
        let report = await tamm.adoption.adopt(lines: export.utf8, as: .service)
        lines.append("\(report.adopted) adopted, \(report.alreadyAdopted) before, \(report.failed) failed")
        for failure in report.failures { lines.append("at \(failure.error.field ?? ""): \(failure.error.message)") }
        for other in report.differences { lines += other.differences.map { "\(other.workspace), \($0)" } }
        // end snippet

        let mended = export.replacing(#"{"amount":"0""#, with: #"{"amount":"5""#)
        let again = await tamm.adoption.adopt(lines: mended.utf8, as: .service)
        lines.append("\(again.adopted) adopted, \(again.alreadyAdopted) before, \(again.failed) failed")

        let changed = mended.replacing(#""amount":"250""#, with: #""amount":"260""#)
        let third = await tamm.adoption.adopt(lines: changed.utf8, as: .service)
        for other in third.differences { lines += other.differences.map { "line \(other.position), \($0)" } }

        let verification = try await tamm.wallets.verify(as: .service)
        lines.append("\(verification.entries) entries, \(verification.findings.count) findings")
        let clock = try await tamm.clock.run()
        lines.append("the clock has granted nothing again: \(clock.subscriptions) due")
        return lines
    }

    static func compare(_ tamm: Tamm) async throws -> [String] {
        var lines: [String] = []
        let ids = try (1...3).map { try Identifier<Workspace>(parsing: "4f6d1a52-7c1e-4e0b-9d3a-00000000000\($0)") }
        var old = OldPlatform(balances: [ids[0]: 1_484_500_000, ids[1]: 40_000_000, ids[2]: 5_000_000])

        let shadow = Shadow(wallets: tamm.wallets)
        for (number, micro) in [Int64(30_000_000), 2_250_000, 90_000_000].enumerated() {
            let workspace = number < 2 ? ids[0] : ids[1]
            let charged = old.charge(micro, to: workspace)
            let left = old.balances[workspace] ?? 0
            let wallet = try await tamm.wallets.open(in: workspace, as: .service)
            let key = "request-\(number)"
            // snippet: shadow
            // … where the old billing has charged so much, or refused, and has answered its caller:
            await shadow.compare(as: .service) { () throws(TammError) in
                let debit = try WalletCommand(
                    .debit(Credits(micro: micro), shortfall: .refuse), wallet: wallet.id, in: workspace,
                    key: IdempotencyKey(key))
                let decision = try charged.map { micro throws(TammError) in
                    ShadowAnswer.Decision.done(try Credits(micro: micro))
                }
                return ShadowedCommand(
                    debit, answered: ShadowAnswer(decision ?? .refused, available: try Credits(micro: left)))
            }
            // end snippet
        }
        let report = shadow.report
        for other in report.differing { lines += other.differences.map { "\(other.key), \($0)" } }
        lines.append("\(report.compared) compared, \(report.agreed) agree, \(report.failed) failed")

        // snippet: book
        let rows = try old.balances.sorted { $0.key < $1.key }.map { workspace, micro in
            BookRow(workspace: workspace, available: try Credits(micro: micro))
        }
        let book = try await shadow.compareBook(rows, as: .service)
        for difference in book.differences { lines.append("\(difference)") }
        // end snippet
        lines.append("\(book.agreed) agree")
        return lines
    }
}
