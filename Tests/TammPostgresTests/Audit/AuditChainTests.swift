import TammCore
import Testing

@testable import TammPostgres
@testable import TammTesting

/// One after the other: each has a database of its own, and a server has but so many connections.
@Suite(.serialized) struct `The audit logs on PostgreSQL` {
    private struct House {
        let scratch: Scratch
        let workspace: Identifier<Workspace>
        let context = LawContext(law: "audit", name: "The audit logs", seed: EntropySource.system.next())
        var trail: AuditTrail { AuditTrail(store: scratch.store) }

        init() async throws { try await self.init(in: Scratch { $0.connections = 2 }) }

        /// A workspace with five records in each log.
        init(in scratch: Scratch) async throws {
            self.scratch = scratch
            workspace = try await context.workspace(in: scratch.store)
            for log in AuditLog.allCases {
                let place = AuditPlace(workspace: workspace, log: log)
                try await trail.record(context.records(2, in: place), as: .service)
                try await trail.record(context.records(3, in: place), as: .service)
            }
        }

        /// As a superuser who switches the triggers off.
        func tamper(_ sql: String) async throws {
            try await Admin.run("SET session_replication_role = replica; \(sql)", database: scratch.name)
        }

        func findings() async throws -> [AuditVerification.Finding] {
            let report = try await trail.verify(as: .service)
            #expect(try await trail.verify(workspace: workspace, as: .service).findings == report.findings)
            return report.findings
        }
    }

    private static let tamperings: [(String, AuditVerification.Problem, Int64?)] = [
        ("UPDATE tamm.audit_logs SET reason = 'x' WHERE @here AND sequence = 2", .chain, 2),
        ("UPDATE tamm.audit_logs SET at = at + interval '1 microsecond' WHERE @here AND sequence = 5", .chain, 5),
        ("UPDATE tamm.audit_logs SET detail_values[1] = 'x' WHERE @here AND sequence = 1", .chain, 1),
        (
            """
            ALTER TABLE tamm.audit_logs DROP CONSTRAINT audit_logs_form;
            UPDATE tamm.audit_logs SET action = 'NOT ONE' WHERE @here AND sequence = 3
            """, .unreadable, 3
        ),
        (
            """
            UPDATE tamm.audit_logs SET detail_values = ARRAY[ARRAY['x']] WHERE @here AND sequence = 2
            """, .unreadable, 2
        ),
        ("UPDATE tamm.channel_doc_audit_logs SET act = 'deleted' WHERE @here AND sequence = 3", .chain, 3),
        ("UPDATE tamm.external_api_audit_logs SET status = 201 WHERE @here AND sequence = 4", .chain, 3),
        (
            """
            ALTER TABLE tamm.external_api_audit_logs DROP CONSTRAINT external_api_audit_logs_form;
            UPDATE tamm.external_api_audit_logs SET address = '192.000.2.1' WHERE @here AND sequence = 4
            """, .unreadable, 4
        ),
        ("DELETE FROM tamm.audit_logs WHERE @here AND sequence = 2", .gap, 3),
        ("DELETE FROM tamm.external_api_audit_logs WHERE @here AND sequence = 1", .gap, 2),
        ("DELETE FROM tamm.audit_logs WHERE @here AND sequence > 3", .head, 4),
        ("DELETE FROM tamm.channel_doc_audit_logs WHERE @here", .head, 1),
        ("UPDATE tamm.audit_heads SET hash = sha256('') WHERE @here AND log = 'audit_logs'", .head, nil),
        ("UPDATE tamm.audit_heads SET sequence = 0 WHERE @here AND log = 'audit_logs'", .head, 1),
        ("DELETE FROM tamm.audit_heads WHERE @here", .head, 1),
        (
            """
            INSERT INTO tamm.audit_logs SELECT workspace_id, gen_random_uuid(), actor_kind, actor_id, action, subject_kind,
                subject_id, reason, detail_names, detail_values, at, 6, sha256(hash) FROM tamm.audit_logs WHERE @here AND sequence = 5
            """, .chain, 6
        ),
        (
            """
            UPDATE tamm.audit_logs SET sequence = 7 - sequence + 100 WHERE @here AND sequence IN (3, 4);
            UPDATE tamm.audit_logs SET sequence = sequence - 100 WHERE @here AND sequence > 100
            """, .chain, 3
        ),
    ]

    @Test func `What a superuser does behind the triggers is found`() async throws {
        let scratch = try await Scratch { $0.connections = 2 }
        for (sql, problem, sequence) in Self.tamperings {
            let house = try await House(in: scratch)
            #expect(try await house.trail.verify(workspace: house.workspace, as: .service).isClean)
            try await house.tamper(sql.replacing("@here", with: "workspace_id = '\(house.workspace)'"))
            let report = try await house.trail.verify(workspace: house.workspace, as: .service)
            let first = try #require(report.findings.first, "\(sql)")
            #expect(first.problem == problem && first.sequence == sequence, "\(sql): \(first)")
        }
        let report = try await AuditTrail(store: scratch.store).verify(as: .service)
        #expect(Set(report.findings.map(\.place.workspace)).count == Self.tamperings.count)
        await scratch.close()
    }

    @Test func `A record that holds no record's values does not hide what comes after it`() async throws {
        let house = try await House()
        try await house.tamper(
            """
            ALTER TABLE tamm.audit_logs DROP CONSTRAINT audit_logs_form;
            ALTER TABLE tamm.external_api_audit_logs DROP CONSTRAINT external_api_audit_logs_form;
            UPDATE tamm.audit_logs SET subject_kind = '' WHERE sequence IN (1, 2);
            UPDATE tamm.audit_logs SET reason = 'another' WHERE sequence = 4;
            UPDATE tamm.external_api_audit_logs SET address = '192.000.2.1' WHERE sequence = 4;
            UPDATE tamm.channel_doc_audit_logs SET document = 'another' WHERE sequence = 5;
            """)
        let found = try await house.findings().map { "\($0.place.log) \($0.problem) \($0.sequence ?? 0)" }
        #expect(
            found == [
                "actions unreadable 1", "actions unreadable 2", "actions chain 4", "documents chain 5",
                "requests unreadable 4",
            ])
        let place = AuditPlace(workspace: house.workspace, log: .actions)
        await #expect { _ = try await house.trail.export(.actions, of: place.workspace, as: .service) { _ in } } throws: {
            ($0 as? TammError)?.code == .corrupted
        }
        await house.scratch.close()
    }

    private static let illFormed = [
        "audit_logs": [
            "action = 'NOT ONE'", "subject_kind = ''", "subject_id = ''", "subject_id = repeat('x', 256)",
            "reason = repeat('é', 251)", "reason = E'two\nlines'", "reason = E'\\u0085'", "reason = E'\\u2029'",
            "detail_names = '{a,a}', detail_values = '{1,2}'", "detail_names = '{a,NULL}', detail_values = '{1,2}'",
            "detail_names = '{a,b}', detail_values = '{1,NULL}'", "detail_names = '{a,b}', detail_values = '{{1},{2}}'",
            "detail_names = '{A}', detail_values = '{1}'", "detail_names = '{a}', detail_values = ARRAY[repeat('x', 256)]",
            "detail_names = '{a}', detail_values = ARRAY[E'\t']",
            "detail_names = ARRAY(SELECT 'd' || n FROM generate_series(1, 17) n), detail_values = array_fill(''::text, ARRAY[17])",
            "at = '10000-01-01 00:00:00+00'", "reason = repeat('x', 65536)",
        ],
        "channel_doc_audit_logs": [
            "channel = ''", "document = repeat('x', 256)", "agent = E'\\u001f'", "at = '10000-01-01 00:00:00+00'",
        ],
        "external_api_audit_logs": [
            "method = ''", "method = repeat('G', 17)", "path = ''", "path = '/a b'", "path = repeat('/', 1025)",
            "refusal = 'Too many'", "address = 'nowhere'", "address = '192.000.2.1'",
            "address = '1.2.3.256'", "address = '1.2.3'", "address = '1.2.3.4.'", "address = '1.2.3.4/32'", "address = '::ffff:1.2.3.4'",
            "address = '::ffff:102:304'", "address = '::1.2.3.4'", "address = '2001:DB8::1'", "address = '2001:db8:0::1'",
            "address = '::0'", "address = '0:0:0:0:0:0:0:1'", "microseconds = 86400000001", "request_id = repeat('r', 129)",
        ],
    ]

    @Test func `A row that holds no record's values is refused, whoever inserts it`() async throws {
        let house = try await House()
        for (table, change) in Self.illFormed.flatMap({ table, changes in changes.map { (table, $0) } }) {
            let insert = """
                CREATE TEMPORARY TABLE bad AS SELECT * FROM tamm.\(table)
                    WHERE hash IS NOT NULL ORDER BY sequence LIMIT 1;
                UPDATE bad SET id = gen_random_uuid(); @change;
                GRANT SELECT ON bad TO tamm_service; SET ROLE tamm_service;
                INSERT INTO tamm.\(table) SELECT * FROM bad;
                """
            let bad = insert.replacing("@change", with: "UPDATE bad SET \(change)")
            await #expect {
                try await Admin.run(bad, database: house.scratch.name)
            } throws: {
                "\($0)".contains(change.contains("65536") ? "65,535 bytes" : "\(table)_form")
            }
            try await Admin.run(insert.replacing("@change", with: "SELECT"), database: house.scratch.name)
        }
        #expect(try await house.findings() == [])
        await house.scratch.close()
    }

    @Test func `An end that is cut off with its head is found against a checkpoint`() async throws {
        let house = try await House()
        let checkpoint = try await house.trail.checkpoint(at: .epoch, as: .service)
        try await house.tamper(
            """
            DELETE FROM tamm.audit_logs WHERE sequence > 3;
            UPDATE tamm.audit_heads SET sequence = 3, hash = (SELECT hash FROM tamm.audit_logs WHERE sequence = 3)
            WHERE log = 'audit_logs';
            DELETE FROM tamm.channel_doc_audit_logs; DELETE FROM tamm.audit_heads WHERE log = 'channel_doc_audit_logs'
            """)
        #expect(try await house.findings() == [])
        let report = try await house.trail.verify(against: checkpoint, as: .service)
        #expect(report.findings.map(\.problem) == [.checkpoint, .checkpoint])
        #expect(report.findings.map(\.place.log) == [.actions, .documents])
        await house.scratch.close()
    }

    @Test func `What is written by hand is chained, also what nobody meant to chain`() async throws {
        let house = try await House()
        try await Admin.run(
            """
            UPDATE tamm.workspaces SET status = 'suspended' WHERE id = '\(house.workspace)';
            INSERT INTO tamm.audit_logs SELECT workspace_id, gen_random_uuid(), actor_kind, actor_id, action, subject_kind,
                subject_id, 'by hand', detail_names, detail_values, at, 99, sha256('') FROM tamm.audit_logs
            WHERE sequence = 1;
            INSERT INTO tamm.external_api_audit_logs SELECT workspace_id, gen_random_uuid(), key_id, method, path, status,
                refusal, address, microseconds, request_id, at, true, 99, NULL FROM tamm.external_api_audit_logs;
            INSERT INTO tamm.audit_logs SELECT * FROM tamm.audit_logs ON CONFLICT DO NOTHING;
            INSERT INTO tamm.external_api_audit_logs SELECT * FROM tamm.external_api_audit_logs WHERE ends_link
            ON CONFLICT DO NOTHING;
            """, database: house.scratch.name)
        #expect(try await house.findings() == [])
        let place = AuditPlace(workspace: house.workspace, log: .actions)
        let (actions, requests) = try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            (
                try t.auditChain(place, after: 5, limit: 10),
                try t.auditChain(AuditPlace(workspace: place.workspace, log: .requests), after: nil, limit: 100)
            )
        }
        #expect(actions.map(\.sequence) == [6, 7] && requests.map(\.sequence) == (1...10).map { $0 })
        #expect(requests.suffix(5).allSatisfy { $0.hash != nil })
        await house.scratch.close()
    }

    @Test func `A statement that leaves a link open is refused`() async throws {
        let house = try await House()
        await #expect(throws: (any Error).self) {
            try await Admin.run(
                """
                INSERT INTO tamm.external_api_audit_logs SELECT workspace_id, gen_random_uuid(), key_id, method, path,
                    status, refusal, address, microseconds, request_id, at, false, 1, NULL
                FROM tamm.external_api_audit_logs WHERE sequence = 1
                """, database: house.scratch.name)
        }
        #expect(try await house.findings() == [])
        await house.scratch.close()
    }

    @Test func `The server writes the same bytes and hashes as the core, for generated records`() async throws {
        let seed = TestSeed.current
        print("SEED=\(seed)")
        let scratch = try await Scratch { $0.connections = 2 }
        let context = LawContext(law: "audit.generated", name: "Generated", seed: seed)
        let entropy = context.entropy
        let workspace = try await context.workspace(in: scratch.store)
        func text(_ most: Int) -> String {
            let alphabet = Array("abc é سجل😀\\'\"%{}\u{301}")
            return String((0..<Int(entropy.next() % UInt64(most))).map { _ in alphabet[Int(entropy.next() % UInt64(alphabet.count))] })
        }
        var generator = SeededGenerator(entropy: entropy)
        func moment() throws -> Timestamp {
            Timestamp(unchecked: Int64.random(in: Timestamp.min.microseconds...Timestamp.max.microseconds, using: &generator))
        }
        var records: [AuditRecord] = []
        for index in 0..<300 {
            let details = try (0..<Int(entropy.next() % 17)).map { try AuditDetail("d\($0)", text(12)) }
            let actors = [AuditActor.service, .user(context.id()), .platformAdmin(context.id())]
            records.append(
                .action(
                    try AuditEntry(
                        id: context.id(), workspace: workspace, actor: actors[index % 3], action: AuditAction("a\(index)"),
                        subject: AuditSubject(kind: "k", id: "s" + text(20)), reason: text(40), details: details, at: moment())))
            records.append(
                .document(
                    try DocumentAccess(
                        id: context.id(), workspace: workspace, channel: index % 2 == 0 ? "c" + text(20) : nil,
                        agent: index % 2 == 1 ? "a" + text(20) : nil, document: "d" + text(20),
                        DocumentAccess.Act.allCases[index % 4], at: moment())))
            records.append(
                .request(
                    try ExternalRequest(
                        id: context.id(), workspace: workspace, key: index % 2 == 0 ? context.id() : nil, method: text(6),
                        target: "/" + text(50), status: 100 + index, refusal: index % 3 == 0 ? "r\(index)" : nil,
                        address: index % 2 == 0 ? .v6(entropy.next(), entropy.next()) : .v4(UInt32(truncatingIfNeeded: entropy.next())),
                        duration: .microseconds(Int64(entropy.next() % 1_000_000_000)), requestID: text(9), at: moment())))
        }
        for start in stride(from: 0, to: records.count, by: 45) {
            try await AuditTrail(store: scratch.store).record(Array(records[start..<min(start + 45, records.count)]), as: .service)
        }
        let report = try await AuditTrail(store: scratch.store).verify(as: .service)
        #expect(report.findings == [] && report.records == 900 && report.chains == 3)
        for log in AuditLog.allCases {
            let chain = try await AuditTrail(store: scratch.store)
                .records(in: log, of: workspace, limit: 1000, as: .service)
            #expect(chain.map(\.record) == records.filter { $0.log == log })
            let bytes = try await Admin.run(
                "SELECT encode(tamm.audit_bytes(a), 'hex') FROM tamm.\(log.rawValue) a ORDER BY sequence",
                database: scratch.name
            ).split(separator: "\n").map(String.init)
            let wanted = chain.map { hexadecimal(AuditChain.canonicalBytes(of: $0.record, at: $0.sequence)) }
            #expect(bytes == wanted)
        }
        await scratch.close()
    }

    @Test func `Entries from before the chains are chained by the migration`() async throws {
        let house = try await House()
        await house.scratch.store.shutdown(within: .zero)
        var owner = try Server.configuration("TAMM_POSTGRES_OWNER_URL")
        owner.database = house.scratch.name
        try await PostgresMigrations(owner).revert(to: "0007-subscription-control")
        try await Admin.run(
            """
            INSERT INTO tamm.workspaces (id, name, created_at) VALUES (gen_random_uuid(), 'Other', now());
            INSERT INTO tamm.audit_logs SELECT w.id, gen_random_uuid(), actor_kind, actor_id, action, subject_kind, subject_id,
                reason, detail_names, detail_values, a.at FROM tamm.audit_logs a, tamm.workspaces w;
            """, database: house.scratch.name)
        try await PostgresMigrations(owner).apply()
        var configuration = try Server.configuration()
        configuration.database = house.scratch.name
        let store = try await PostgresStore(configuration)
        let report = try await AuditTrail(store: store).verify(as: .service)
        #expect(report.findings == [] && report.records == 15 && report.chains == 2)
        await store.shutdown(within: .zero)
        await house.scratch.close()
    }
}

private struct SeededGenerator: RandomNumberGenerator {
    let entropy: EntropySource
    mutating func next() -> UInt64 { entropy.next() }
}
