internal import Metrics

/// Takes workspaces over from an existing platform: identifiers, members, plans and what is left of their credits.
///
/// A workspace is adopted whole or not at all, once, however often it is asked: an adoption that broke off is asked
/// again. The service and platform administrators may.
public struct Adoption: Sendable {
    private let billing: Billing
    private let metrics = AdoptionMetrics()

    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, wallets: Wallets,
        configuration: BillingConfiguration
    ) {
        self.init(
            Billing(store: store, time: time, entropy: entropy, wallets: wallets, configuration: configuration))
    }

    init(_ billing: Billing) { self.billing = billing }

    /// Makes the workspace with its members, plan and wallet, and books each lot as a grant: the balance is made of
    /// ledger entries. A lot that has expired meanwhile expires at once, one that begins later is scheduled. Leaves one
    /// audit entry, `workspace.adopted`.
    ///
    /// What was adopted is compared with what was adopted then, not with what has become of it.
    ///
    /// - Throws: `notFound` for a plan version that the catalogue lacks, `invalidInput` for a plan that cannot go on as
    ///   it is, both naming the field; `forbidden` for a member of the workspace, `notFound` for a stranger; `conflict`
    ///   where the wallet's limits do not allow the lots.
    public func adopt(
        _ adopted: AdoptedWorkspace, as principal: Principal
    ) async throws(TammError) -> AdoptionOutcome {
        do throws(TammError) {
            try await billing.authorize(.issueCredits, in: adopted.workspace.id, as: principal)
            let outcome = try await attempt(adopted, by: principal)
            metrics.count(outcome)
            return outcome
        } catch {
            metrics.countFailure()
            throw error
        }
    }

    /// Adopts one after the other; what goes wrong with one is in the report and does not stop the others. Keeps one at
    /// a time in memory. A task that is cancelled ends it after the one that it is at.
    public func adopt(
        contentsOf workspaces: some Sequence<AdoptedWorkspace>, as principal: Principal
    ) async -> AdoptionReport {
        var report = AdoptionReport()
        var position = 0
        for adopted in workspaces {
            guard !Task.isCancelled else {
                report.isIncomplete = true
                return report
            }
            position += 1
            await adopt(adopted, at: position, &report, as: principal)
        }
        return report
    }

    /// As ``adopt(contentsOf:as:)``, from an export in JSON Lines: see ``AdoptionLines``.
    public func adopt(lines bytes: some Sequence<UInt8>, as principal: Principal) async -> AdoptionReport {
        var report = AdoptionReport()
        for line in AdoptionLines(bytes) {
            guard !Task.isCancelled else {
                report.isIncomplete = true
                return report
            }
            switch line.content {
            case .success(let adopted): await adopt(adopted, at: line.number, &report, as: principal)
            case .failure(let error):
                metrics.countFailure()
                report.note(error, of: nil, at: line.number)
            }
        }
        return report
    }

    private func adopt(
        _ adopted: AdoptedWorkspace, at position: Int, _ report: inout AdoptionReport, as principal: Principal
    ) async {
        do throws(TammError) {
            report.note(try await adopt(adopted, as: principal), of: adopted.workspace.id, at: position)
        } catch {
            report.note(error, of: adopted.workspace.id, at: position)
        }
    }

    /// One unit of work. Where another adopts the same workspace at once, one of the two meets what the other has
    /// written, and looks again.
    private func attempt(
        _ adopted: AdoptedWorkspace, by actor: Principal, isSecond: Bool = false
    ) async throws(TammError) -> AdoptionOutcome {
        let (now, rules, wallets) = (billing.time.now(), billing.rules, billing.wallets)
        let id = adopted.workspace.id
        let record = AdoptionRecord(adopted)
        let entry = try record.entry(by: actor, at: now)
        let wallet = Wallet.main(of: id, at: now)
        do throws(TammError) {
            return try await billing.store.transaction(as: .service) { t throws(TammError) in
                if try t.workspace(id) != nil { return try Self.compare(adopted, record, wallet.place, in: t) }
                try t.insert(adopted.workspace)
                for member in adopted.members { try t.put(member) }
                if let plan = adopted.plan {
                    let subscription = try Subscription(adopting: plan, in: id, at: now, rules: rules)
                    try t.put(subscription, dueAt: subscription.dueAt(rules: rules))
                }
                _ = try t.insert(wallet)
                try Self.book(adopted.lots, in: wallet, at: now, wallets, in: t)
                try t.append([entry])
                return .adopted
            }
        } catch {
            guard error.code == .conflict, error.reason != BillingWork.walletRefused, !isSecond else { throw error }
            return try await attempt(adopted, by: actor, isSecond: true)
        }
    }

    private static func book(
        _ lots: [GrantTerms], in wallet: Wallet, at now: Timestamp, _ wallets: Wallets,
        in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) {
        guard !lots.isEmpty else { return }
        var commands: [WalletCommand] = []
        for (position, lot) in lots.enumerated() {
            commands.append(
                try WalletCommand(
                    reserved: .grant(lot), wallet: wallet.id, in: wallet.workspace,
                    key: key(position, in: wallet.workspace)))
        }
        for (position, outcome) in try wallets.apply(commands, at: now, in: t).enumerated() {
            switch outcome {
            case .applied: continue
            case .replayed: throw TammError(.corrupted, "a wallet that was just made has booked lot \(position) before")
            case .refused(let refusal):
                throw TammError(
                    .conflict, "the wallet does not take a lot of \(lots[position].amount): \(refusal)",
                    field: "lots[\(position)]", reason: BillingWork.walletRefused)
            }
        }
    }

    /// The key under which a lot is booked, always the same.
    static func key(_ position: Int, in workspace: Identifier<Workspace>) throws(TammError) -> IdempotencyKey {
        try IdempotencyKey("\(WalletCommand.reservedPrefix)adoption:\(workspace):\(position)")
    }

    private static func compare(
        _ adopted: AdoptedWorkspace, _ record: AdoptionRecord, _ wallet: WalletPlace,
        in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> AdoptionOutcome {
        let id = adopted.workspace.id
        guard let entry = try AdoptionRecord.find(in: id, in: t) else {
            let found = "a workspace of that identifier, otherwise"
            return .differs([AdoptionDifference(field: "id", adopted: found, asked: id.description)])
        }
        var differences = record.differences(from: entry)
        if let last = differences.last, last.field == AdoptedWorkspace.Field.lots.rawValue {
            let lots = try compare(adopted.lots, in: wallet, t)
            if !lots.isEmpty { differences = differences.dropLast() + lots }
        }
        return differences.isEmpty ? .alreadyAdopted : .differs(differences)
    }

    /// The lots that differ from those booked, at most ten.
    private static func compare(
        _ lots: [GrantTerms], in wallet: WalletPlace, _ t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) -> [AdoptionDifference] {
        var keys: [CommandKey] = []
        for position in 0..<AdoptedWorkspace.maximumLots {
            keys.append(CommandKey(workspace: wallet.workspace, key: try key(position, in: wallet.workspace)))
        }
        let made = try t.recordedCommands(keys).map { $0?.receipt.grant }
        let grants = try t.grants(made.compactMap(\.self), of: wallet)
        var differences: [AdoptionDifference] = []
        for (position, id) in made.enumerated() where differences.count < 10 {
            let booked = grants.first { $0.id == id }?.terms
            let asked = position < lots.count ? lots[position] : nil
            if let booked, let asked, let found = booked.firstDifference(from: asked) {
                differences.append(
                    .init(field: "lots[\(position)].\(found.field)", adopted: found.found, asked: found.other))
            } else if (booked == nil) != (asked == nil) {
                let texts = [booked, asked].map { $0?.amount.description ?? "none" }
                differences.append(.init(field: "lots[\(position)]", adopted: texts[0], asked: texts[1]))
            }
        }
        return differences
    }
}

/// `tamm_adoptions`, by outcome.
private struct AdoptionMetrics: Sendable {
    private let counters = ["adopted", "already-adopted", "differs", "failed"].map {
        Counter(label: "tamm_adoptions", dimensions: [("outcome", $0)])
    }

    func count(_ outcome: AdoptionOutcome) {
        switch outcome {
        case .adopted: counters[0].increment()
        case .alreadyAdopted: counters[1].increment()
        case .differs: counters[2].increment()
        }
    }

    func countFailure() { counters[3].increment() }
}
