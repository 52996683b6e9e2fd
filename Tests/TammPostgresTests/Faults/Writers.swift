import Foundation
import Synchronization
import TammCore
import TammPostgres
import Testing

/// Eight clients that debit four wallets, each command again under its key until it is answered, while something
/// happens to the server.
final class Writers: Sendable {
    private struct Told {
        var acknowledged: [CommandKey] = []
        var failures: [TammError.Code: Int] = [:]
        /// How many commands were asked again.
        var retried = 0
        var isOver = false
    }

    let wallets: Wallets
    private let store: PostgresStore
    private let targets: [Wallet]
    private let told = Mutex(Told())

    init(_ store: PostgresStore) async throws {
        self.store = store
        wallets = Wallets(store: store, time: .system)
        var targets: [Wallet] = []
        for _ in 0..<4 { targets.append(try await Self.wallet(with: Credits(1_000_000), in: store, wallets)) }
        self.targets = targets
    }

    /// A wallet with so many credits, in a workspace of its own.
    static func wallet(with credits: Credits, in store: PostgresStore, _ wallets: Wallets) async throws -> Wallet {
        let workspace = try await Workspaces(store: store, time: .system, entropy: .system)
            .create(named: "Faults", owner: Identifier(at: TimeSource.system.now(), entropy: .system), as: .service)
        let wallet = try await wallets.open(in: workspace.id, as: .service)
        _ = try await wallets.grant(
            GrantTerms(credits, .purchased), to: wallet, key: IdempotencyKey("grant"), as: .service)
        return wallet
    }

    /// Writes for as long as `body` takes; then answers everything that is still open.
    func write(during body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 { group.addTask { try await self.write(as: writer) } }
            defer { told.withLock { $0.isOver = true } }
            try await body()
            told.withLock { $0.isOver = true }
            try await group.waitForAll()
        }
    }

    private func write(as writer: Int) async throws {
        var number = 0
        while !told.withLock({ $0.isOver }) {
            number += 1
            let key = try IdempotencyKey("writer-\(writer)-\(number)")
            let wallet = targets[(writer + number) % targets.count]
            var tries = 0
            while true {
                do throws(TammError) {
                    _ = try await wallets.debit(.one, from: wallet, key: key, as: .service)
                    told.withLock { $0.acknowledged.append(CommandKey(workspace: wallet.workspace, key: key)) }
                    break
                } catch {
                    tries += 1
                    told.withLock {
                        $0.failures[error.code, default: 0] += 1
                        if tries == 1 { $0.retried += 1 }
                    }
                    guard tries < 100_000 else { throw error }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }
    }

    /// Waits until so many more commands are acknowledged.
    func progress(by count: Int) async throws {
        let before = told.withLock { $0.acknowledged.count }
        try await wait("\(count) more acknowledged") { $0.acknowledged.count >= before + count }
    }

    /// Waits until so many more answers were failures.
    func trouble(by count: Int) async throws {
        let before = told.withLock { $0.failures.values.reduce(0, +) }
        try await wait("\(count) more failures") { $0.failures.values.reduce(0, +) >= before + count }
    }

    private func wait(_ what: String, until isSo: (Told) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while !told.withLock({ isSo($0) }) {
            guard ContinuousClock.now < deadline else { throw MissingServer(description: "wanted \(what) in 3 min") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Holds what is stored to what was told: everything acknowledged is there, once, and the books are right.
    func check(_ fault: String) async throws {
        let told = told.withLock { $0 }
        var lost = 0
        for start in stride(from: 0, to: told.acknowledged.count, by: 500) {
            let keys = Array(told.acknowledged[start..<min(start + 500, told.acknowledged.count)])
            lost += try await store.transaction(as: .ledger) { t throws(TammError) in
                try t.recordedCommands(keys).count { $0 == nil }
            }
        }
        let failures = told.failures.map { "\($0.value) \($0.key.rawValue)" }.sorted().joined(separator: ", ")
        print(
            "\(fault): \(told.acknowledged.count) acknowledged, \(lost) lost, \(told.retried) asked again, answers that "
                + "were failures: \(failures.isEmpty ? "none" : failures)")
        #expect(lost == 0)
        #expect(Set(told.acknowledged).count == told.acknowledged.count)
        let report = try await wallets.verify(as: .service)
        #expect(report.findings.map(\.description) == [])
        var left: Int64 = 0
        for wallet in targets { left += try await wallets.balance(of: wallet, as: .service).available.micro }
        // One effect for each, however often it was asked.
        #expect(left == 1_000_000 * (4_000_000 - Int64(told.acknowledged.count - lost)))
    }
}
