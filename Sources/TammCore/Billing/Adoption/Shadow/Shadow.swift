internal import Metrics
private import Synchronization

/// Runs Tamm beside an existing billing: it does the same commands on its own ledger and counts where the two differ.
///
/// It throws nothing: what goes wrong in Tamm is counted, and the caller's request goes on. A command is done on Tamm's
/// ledger whether or not the other system did it, so that one difference of decision shows in every balance of its
/// wallet after it: the first is the one to look at.
public final class Shadow: Sendable {
    private let wallets: Wallets
    private let maximumUnderWay: Int
    private let maximumListed: Int
    private let metrics = ShadowMetrics()
    private let state = Mutex(State())

    private struct State {
        var report = ShadowReport()
        var underWay = 0
    }

    /// - Parameters:
    ///   - maximumUnderWay: how many comparisons may be under way, 1 at least; those beyond are skipped, so that a store
    ///     that hangs does not gather them.
    ///   - maximumListed: how many differences and failures the report lists.
    public init(wallets: Wallets, maximumUnderWay: Int = 256, maximumListed: Int = 100) {
        self.wallets = wallets
        self.maximumUnderWay = max(1, maximumUnderWay)
        self.maximumListed = max(0, maximumListed)
    }

    /// What has been compared since the beginning, or since ``reset()``.
    public var report: ShadowReport { state.withLock { $0.report } }

    /// Begins to count afresh, and returns what was counted before.
    @discardableResult
    public func reset() -> ShadowReport {
        state.withLock { state in
            defer { state.report = ShadowReport() }
            return state.report
        }
    }

    /// Does the command on Tamm's ledger and compares its answer with the other system's.
    ///
    /// Call it for the commands of a wallet in the order in which the other system did them. It takes as long as Tamm
    /// takes: who must not wait calls it after having answered. A command that Tamm has done before under the same key is
    /// compared with the answer of then.
    @discardableResult
    public func compare(
        _ command: WalletCommand, with answer: ShadowAnswer, as principal: Principal
    ) async -> ShadowComparison {
        guard begin() else { return note(.skipped, of: command) }
        defer { state.withLock { $0.underWay -= 1 } }
        do throws(TammError) {
            let outcome = try await wallets.submit(command, as: principal)
            var balance = outcome.receipt?.balance
            if balance == nil, answer.namesBalance {
                balance = try await wallets.balance(of: command.place, as: principal)
            }
            let differences = answer.differences(from: outcome, balance)
            return note(differences.isEmpty ? .agrees(outcome) : .differs(outcome, differences), of: command)
        } catch {
            return note(.failed(error), of: command)
        }
    }

    /// As ``compare(_:with:as:)``, with an error in making the command and the answer counted too: a key or an amount
    /// that Tamm does not know.
    @discardableResult
    public func compare(
        as principal: Principal, _ make: () throws(TammError) -> ShadowedCommand
    ) async -> ShadowComparison {
        let made: ShadowedCommand
        do throws(TammError) { made = try make() } catch { return note(.failed(error), of: nil) }
        return await compare(made.command, with: made.answer, as: principal)
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.underWay < maximumUnderWay else { return false }
            state.underWay += 1
            return true
        }
    }

    private func note(_ comparison: ShadowComparison, of command: WalletCommand?) -> ShadowComparison {
        metrics.count(comparison)
        state.withLock { $0.report.note(comparison, of: command, keeping: maximumListed) }
        return comparison
    }

    /// Compares every wallet's balance as of now with the other system's, workspace by workspace: what can be spent, of
    /// all wallets of a workspace together. Reads a page at a time and keeps no more.
    ///
    /// - Parameter rows: ascending by the workspace's identifier, as a database orders UUIDs; each once.
    /// - Throws: `forbidden` unless the principal is the service, `invalidInput` at `rows[N].workspace` for rows in
    ///   another order, what the store throws.
    public func compareBook(
        _ rows: some Sequence<BookRow>, as principal: Principal
    ) async throws(TammError) -> BookComparison {
        try await wallets.authorizeAudit(of: nil, as: principal)
        var book = BookPages(wallets)
        var comparison = BookComparison()
        var ours = try await book.next()
        var previous: Identifier<Workspace>?
        for (index, theirs) in rows.enumerated() {
            if let previous, theirs.workspace <= previous {
                throw TammError(
                    .invalidInput, "wanted a workspace after \(previous), found \(theirs.workspace)",
                    field: "rows[\(index)].workspace")
            }
            previous = theirs.workspace
            while let row = ours, row.workspace < theirs.workspace {
                comparison.note(row.workspace, theirs: nil, ours: row.available)
                ours = try await book.next()
            }
            if let row = ours, row.workspace == theirs.workspace {
                comparison.note(row.workspace, theirs: theirs.available, ours: row.available)
                ours = try await book.next()
            } else {
                comparison.note(theirs.workspace, theirs: theirs.available, ours: nil)
            }
        }
        while let row = ours {
            comparison.note(row.workspace, theirs: nil, ours: row.available)
            ours = try await book.next()
        }
        return comparison
    }
}

/// `tamm_shadow_comparisons`, by outcome; `tamm_shadow_differences`, by kind.
private struct ShadowMetrics: Sendable {
    private let outcomes = ["agreed", "differs", "failed", "skipped"].map {
        Counter(label: "tamm_shadow_comparisons", dimensions: [("outcome", $0)])
    }
    private let kinds = Dictionary(
        uniqueKeysWithValues: ShadowDifference.Kind.allCases.map {
            ($0, Counter(label: "tamm_shadow_differences", dimensions: [("kind", $0.rawValue)]))
        })

    func count(_ comparison: ShadowComparison) {
        switch comparison {
        case .agrees: outcomes[0].increment()
        case .differs(_, let differences):
            outcomes[1].increment()
            for difference in differences { kinds[difference.kind]?.increment() }
        case .failed: outcomes[2].increment()
        case .skipped: outcomes[3].increment()
        }
    }
}
