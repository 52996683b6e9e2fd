import TammCore
import TammPostgres
import TammTesting
import Testing

@Suite struct `The caller's own rows` {
    private static let schema = Task {
        try await Admin.run("CREATE SCHEMA IF NOT EXISTS shop; GRANT USAGE ON SCHEMA shop TO tamm_app")
    }

    /// A table that the login may use, under a name of its own.
    private func table(_ store: PostgresStore) async throws -> String {
        let name =
            "own_"
            + Identifier<Int>(at: TimeSource.system.now(), entropy: .system).description
            .filter { $0 != "-" }
        _ = try await Self.schema.value
        try await Admin.run(
            """
            CREATE TABLE shop.\(name) (id text, credits int8); GRANT SELECT, INSERT ON shop.\(name) TO tamm_app;
            """)
        return "shop.\(name)"
    }

    private func wallet(_ store: PostgresStore) async throws -> (Wallets, Wallet) {
        let workspace = try await Workspaces(store: store, time: .system, entropy: .system)
            .create(named: "Own", owner: Identifier(at: TimeSource.system.now(), entropy: .system), as: .service)
        let wallets = Wallets(store: store, time: .system)
        let wallet = try await wallets.open(in: workspace.id, as: .service)
        _ = try await wallets.grant(
            GrantTerms(Credits(10), .purchased), to: wallet, key: IdempotencyKey("grant"), as: .service)
        return (wallets, wallet)
    }

    @Test(arguments: [true, false])
    func `commit with a command of Tamm's, or not at all`(commits: Bool) async throws {
        let store = try await Server.shared
        let (table, (wallets, wallet)) = (try await table(store), try await wallet(store))
        let charge = try WalletCommand(
            .debit(Credits(4), shortfall: .refuse), wallet: wallet.id, in: wallet.workspace, key: IdempotencyKey("charge"))
        let now = TimeSource.system.now()
        let work: @Sendable () async throws(TammError) -> Void = {
            try await store.unitOfWork(as: .service) { t throws(TammError) in
                var values = PostgresParameters()
                values.add("order-7")
                values.add(Credits.one)
                try t.execute("INSERT INTO \(table) (id, credits) VALUES ($1, $2)", values)
                _ = try wallets.apply([charge], at: now, in: t)
                guard commits else { throw TammError(.conflict, "changed my mind") }
            }
        }
        if commits { try await work() } else { await #expect(throws: TammError.self) { try await work() } }
        let (rows, balance) = try await store.unitOfWork(as: .service) { t throws(TammError) in
            (
                try t.execute("SELECT id, credits FROM \(table)") { row throws(TammError) in
                    "\(try row.next(String.self)) \(try row.next(Credits.self))"
                },
                try t.wallet(wallet.place)?.balance.available
            )
        }
        #expect(rows == (commits ? ["order-7 1"] : []))
        #expect(balance == (commits ? try Credits(6) : try Credits(10)))
    }

    @Test func `have triggers that run as the login, also those that wait for the end`() async throws {
        let store = try await Server.shared
        let table = try await table(store)
        try await Admin.run(
            """
            ALTER TABLE \(table) ADD COLUMN written_by text;
            GRANT UPDATE ON \(table) TO tamm_app;
            CREATE FUNCTION \(table)_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE \(table) SET written_by = current_user || ' ' || current_setting('tamm.audited_by', true);
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER note AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                EXECUTE FUNCTION \(table)_note();
            """)
        try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("INSERT INTO \(table) (id) VALUES ('order-8')")
            _ = try t.workspace(Workspace.platform.id)
        }
        let writers = try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("SELECT written_by FROM \(table)") { row throws(TammError) in try row.next(String.self) }
        }
        #expect(writers == ["tamm_app "])
    }

    @Test func `are reached with the login's rights, and Tamm's rows are not`() async throws {
        let store = try await Server.shared
        for sql in [
            "SELECT FROM tamm.workspaces", "SELECT FROM tamm.saved_cards",
            "UPDATE tamm.workspace_wallets SET available = 1",
        ] {
            await #expect(throws: TammError.self) {
                try await store.unitOfWork(as: .service) { t throws(TammError) in try t.execute(sql) }
            }
        }
        let user = try await store.unitOfWork(as: .service) { t throws(TammError) in
            _ = try t.execute("SELECT 1")
            return try t.execute("SELECT current_user::text") { row throws(TammError) in try row.next(String.self) }
        }
        #expect(user == ["tamm_app"])
    }

    @Test func `leave the transaction's role and rows as they were`() async throws {
        let store = try await Server.shared
        let (_, wallet) = try await wallet(store)
        let found = try await store.unitOfWork(as: .service) { t throws(TammError) in
            _ = try t.execute("SELECT 1")
            return try t.wallet(wallet.place)?.id
        }
        #expect(found == wallet.id)
    }

    @Test(arguments: ["COMMIT", " /* now */ rollback", "-- so\nSAVEPOINT s", "COPY (SELECT 1) TO STDOUT", "DISCARD ALL"])
    func `end no transaction of Tamm's`(sql: String) async throws {
        let store = try await Server.shared
        let (table, (_, wallet)) = (try await table(store), try await wallet(store))
        await #expect {
            try await store.unitOfWork(as: .service) { t throws(TammError) in
                try t.execute("INSERT INTO \(table) (id) VALUES ('half')")
                // Nothing of it remains although its error is not looked at.
                _ = try? t.execute(sql)
                _ = try t.wallet(wallet.place)
            }
        } throws: { ($0 as? TammError)?.code == .invalidInput }
        let rows = try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("SELECT count(*) FROM \(table)") { row throws(TammError) in try row.next(Int64.self) }
        }
        #expect(rows == [0])
    }

    @Test func `leave no setting to whom the connection is lent next, and no actor to Tamm's next statement`() async throws {
        let store = try await Server.store { $0.connections = 1 }
        let (_, wallet) = try await wallet(store)
        let stranger = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
        let seen = try await store.unitOfWork(as: .user(stranger, in: wallet.workspace)) { t throws(TammError) in
            try t.execute("SELECT set_config('tamm.actor_kind', 'platform_admin', true)")
            try t.execute("SET default_transaction_read_only = on")
            try t.execute("SELECT set_config('statement_timeout', '0', false)")
            return try t.execute("SELECT current_setting('tamm.actor_kind')") { row throws(TammError) in
                try row.next(String.self)
            }
        }
        #expect(seen == ["user"])
        let left = try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only')") {
                row throws(TammError) in try row.next(String.self) + " " + row.next(String.self)
            }
        }
        #expect(left == ["30s off"])
        await store.shutdown()
    }

    @Test func `may be nothing at all`() async throws {
        let store = try await Server.shared
        let count = try await store.unitOfWork(as: .service) { t throws(TammError) in try t.execute("-- nothing") }
        #expect(count == 0)
    }

    @Test func `that do not fit their type say which column and what was wanted`() async throws {
        let store = try await Server.shared
        await #expect {
            try await store.unitOfWork(as: .service) { t throws(TammError) in
                try t.execute("SELECT 1::int4 AS amount") { row throws(TammError) in try row.next(Int64.self) }
            }
        } throws: { error in
            (error as? TammError)?.code == .corrupted
                && (error as? TammError)?.message.contains("column amount: wanted int8") == true
        }
        await #expect {
            try await store.unitOfWork(as: .service) { t throws(TammError) in
                try t.execute("SELECT NULL::text AS name") { row throws(TammError) in try row.next(String.self) }
            }
        } throws: { error in
            (error as? TammError)?.message.contains("column name: wanted text, found null") == true
        }
    }
}
