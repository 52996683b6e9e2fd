import Foundation
import TammCore

/// The peer: a copy of the ledger's tables with their constraints and indexes, without policies, and pgbench that
/// debits in one conditional statement which writes the same rows.
final class Pgbench: Sendable {
    private let environment: LedgerEnvironment
    private let folder: String

    init(_ environment: LedgerEnvironment, wallets: Int) throws {
        self.environment = environment
        folder = FileManager.default.temporaryDirectory.appending(path: "tamm-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try sql(
            """
            DROP SCHEMA IF EXISTS peer CASCADE;
            CREATE SCHEMA peer;
            CREATE TABLE peer.workspaces (LIKE tamm.workspaces INCLUDING ALL);
            CREATE TABLE peer.workspace_wallets (LIKE tamm.workspace_wallets INCLUDING ALL);
            CREATE TABLE peer.ledger_entries (LIKE tamm.ledger_entries INCLUDING ALL);
            CREATE TABLE peer.credit_grants (LIKE tamm.credit_grants INCLUDING ALL);
            CREATE TABLE peer.wallet_commands (LIKE tamm.wallet_commands INCLUDING ALL);
            DO $$
            DECLARE key record;
            BEGIN
                FOR key IN SELECT conrelid::regclass::text AS child, pg_get_constraintdef(oid) AS definition
                    FROM pg_constraint WHERE contype = 'f'
                        AND conrelid IN ('tamm.workspace_wallets'::regclass, 'tamm.ledger_entries'::regclass,
                            'tamm.credit_grants'::regclass, 'tamm.wallet_commands'::regclass)
                LOOP
                    EXECUTE replace(format('ALTER TABLE %s ADD %s', key.child, key.definition), 'tamm.', 'peer.');
                END LOOP;
            END $$;
            INSERT INTO peer.workspaces (id, name, created_at)
                SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Bench', now()
                FROM generate_series(1, \(wallets)) n;
            INSERT INTO peer.workspace_wallets (workspace_id, id, available, held, owed, open_holds, sequence, head,
                recorded_at)
                SELECT id, id, 1000000000000000, 0, 0, 0, 0, decode(repeat('00', 32), 'hex'), now()
                FROM peer.workspaces;
            INSERT INTO peer.credit_grants (workspace_id, wallet_id, id, amount, category, priority, status, remaining,
                clawed_back, is_open, created_at)
                SELECT id, id, id, 1000000000000000, 3, 0, 2, 1000000000000000, 0, true, now() FROM peer.workspaces;
            """)
        for (name, count) in [("hot", 1), ("uniform", wallets)] {
            let script = """
                \\set n random(1, \(count))
                WITH paid AS (
                    UPDATE peer.workspace_wallets w SET available = available - 100, sequence = sequence + 1,
                        recorded_at = now()
                    WHERE w.workspace_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:n::int8), 12, '0'))::uuid
                        AND w.id = ('00000000-0000-7000-8000-' || lpad(to_hex(:n::int8), 12, '0'))::uuid
                        AND available >= 100
                    RETURNING w.*, gen_random_uuid()::text AS key),
                lot AS (
                    UPDATE peer.credit_grants g SET remaining = g.remaining - 100 FROM paid p
                    WHERE g.workspace_id = p.workspace_id AND g.wallet_id = p.id AND g.is_open),
                entry AS (
                    INSERT INTO peer.ledger_entries (workspace_id, wallet_id, sequence, kind, source, target, amount,
                        command, occurred_at, recorded_at, available, held, owed, hash)
                    SELECT workspace_id, id, sequence, 2, 1, 17, 100, key, now(), now(), available, held, owed, head
                    FROM paid)
                INSERT INTO peer.wallet_commands (workspace_id, key, wallet_id, kind, amount, shortfall, entries_from,
                    entries_to, available, held, owed, recorded_at, fingerprint, reversed)
                SELECT workspace_id, key, id, 2, 100, 0, sequence, sequence + 1, available, held, owed, now(),
                    '\\\\x0101020210', 0
                FROM paid;
                """
            try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).sql"))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Transactions a second.
    func rate(wallets: Int, clients: Int, seconds: Double) throws -> Double {
        let text = try bench(wallets, clients, seconds, [])
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
            let rate = Double(line.dropFirst(6).prefix { $0 != " " })
        else { throw BenchError("pgbench told no rate: \(text)") }
        return rate
    }

    /// The median of one client's transactions, in microseconds.
    func median(wallets: Int, seconds: Double) throws -> Double {
        let prefix = "\(folder)/log"
        _ = try bench(wallets, 1, seconds, ["--log", "--log-prefix=\(prefix)"])
        var times: [Double] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("log.") {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ")
                if fields.count > 2, let time = Double(fields[2]) { times.append(time) }
            }
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        return Bench.median(times)
    }

    private func bench(_ wallets: Int, _ clients: Int, _ seconds: Double, _ more: [String]) throws -> String {
        try run(
            "pgbench",
            [
                "-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(clients, 2))", "-T", "\(Int(seconds))", "-f",
                "\(folder)/\(wallets == 1 ? "hot" : "uniform").sql",
            ] + more + [environment.adminURL])
    }

    /// Adds entries by SQL until the wallet has so many.
    func fill(_ wallet: Wallet, to count: Int64) throws {
        try sql(
            """
            INSERT INTO tamm.ledger_entries (workspace_id, wallet_id, sequence, kind, source, target, amount, occurred_at,
                recorded_at, available, held, owed, hash)
            SELECT w.workspace_id, w.id, n, 2, 1, 17, 100, w.recorded_at, w.recorded_at, w.available, 0, 0, w.head
            FROM tamm.workspace_wallets w, generate_series(w.sequence + 1, \(count)) n
            WHERE w.workspace_id = '\(wallet.workspace)' AND w.id = '\(wallet.id)';
            UPDATE tamm.workspace_wallets SET sequence = \(count)
            WHERE workspace_id = '\(wallet.workspace)' AND id = '\(wallet.id)';
            """)
    }

    /// Leaves the server as one that has run for a while: with files of its log (2.5 GB) to be written again. Making new
    /// ones in the middle of a round costs who writes most the most, and says nothing of either side.
    func ageLog() throws {
        try sql("ALTER SYSTEM SET min_wal_size = '3GB'")
        try sql("SELECT pg_reload_conf()")
        try sql(
            """
            DO $$
            BEGIN
                FOR file IN 1..160 LOOP
                    PERFORM pg_logical_emit_message(false, 'bench', '');
                    PERFORM pg_switch_wal();
                END LOOP;
            END $$
            """)
        try sql("CHECKPOINT")
        try sql("ALTER SYSTEM RESET min_wal_size")
        try sql("SELECT pg_reload_conf()")
    }

    func sql(_ text: String) throws {
        _ = try run("psql", ["-q", "-v", "ON_ERROR_STOP=1", "-c", text, environment.adminURL])
    }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let own = "\(environment.binaries)/\(program)"
        process.executableURL = URL(
            fileURLWithPath: FileManager.default.isExecutableFile(atPath: own) ? own : "/usr/bin/\(program)")
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        // A child has the mask of the thread that starts it, and the pool's threads block the alarm that ends pgbench.
        var none = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let trouble = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("\(program) failed: \(trouble)") }
        return text
    }
}
