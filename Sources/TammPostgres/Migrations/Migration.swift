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

    /// Takes the locks of all tables that a step changes, before it changes any. Transactions take them in more orders than
    /// one: it waits for none longer than 200 ms, less than the server takes to look for a deadlock, then gives all back
    /// and begins again, at most 50 times.
    static func locking(_ tables: [String]) -> String {
        """
        DO $$
        DECLARE
            patience text := current_setting('lock_timeout');
        BEGIN
            PERFORM set_config('lock_timeout', '200ms', true);
            FOR attempt IN 1..50 LOOP
                BEGIN
                    LOCK TABLE \(tables.map { "tamm.\($0)" }.joined(separator: ", "));
                    EXIT;
                EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                    IF attempt = 50 THEN RAISE; END IF;
                    PERFORM pg_sleep(0.1);
                END;
            END LOOP;
            PERFORM set_config('lock_timeout', patience, true);
        END $$;

        """
    }

    /// SHA-256 of the text.
    var digest: [UInt8] { Array(SHA256.hash(data: Array(up.utf8))) }

    /// All of them, in order.
    static let all: [Migration] = [
        .accessTables, .ledgerTables, .purchaseTables, .isolationPolicies, .workspaceControl, .apiKeyTables,
        .subscriptionControl, .auditChains, .accessWrites, .apiKeyStanding, .walletVersions,
    ]
}
