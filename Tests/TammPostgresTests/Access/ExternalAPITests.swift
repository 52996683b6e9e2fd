import HTTPTypes
import TammCore
import TammPostgres
import Testing

@Suite struct `The external API on PostgreSQL` {
    @Test func `lets a signed request in, shows its key what its scopes say, and writes each down`() async throws {
        let scratch = try await Scratch()
        let (time, entropy) = (TimeSource.system, EntropySource.system)
        let tamm = Tamm(store: scratch.store, time: time, entropy: entropy, catalogue: .example, prices: .example)
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await tamm.workspaces.create(named: "Keys", owner: user, as: .service).id
        let owner = Principal.user(user, in: workspace)
        let wallet = try await tamm.wallets.open(in: workspace, as: owner)
        _ = try await tamm.wallets.grant(
            GrantTerms(Credits(5), .purchased), to: wallet, key: IdempotencyKey("g"), as: .service)
        let keys = tamm.apiKeys(.live, peppers: try PepperRing([Pepper(version: 1, Secret(entropy.bytes(32)))]))
        let log = try tamm.externalRequestLog()
        let signing = try RequestSigning.derived(
            from: Secret(entropy.bytes(32)), nonces: NonceCache(lifetime: .seconds(600), capacity: 100, perKey: 100))
        let api = try tamm.externalAPI(
            keys, limits: RateLimits(local: LocalRateLimitStore(), time: time, entropy: entropy),
            otherwise: PlanRateLimit("api.requests", windows: [.init(count: 100, periodSeconds: 60, burst: 100)]),
            proxies: .none, signing: signing, log: log)
        let issued = try await keys.issue(
            APIKeyTerms(name: "k", scopes: [APIKeyScope("billing.read")], signature: .required), .live, in: workspace,
            expiresAt: nil, as: owner)
        let place = issued.key.place
        var head = HTTPRequest(method: .get, scheme: "https", authority: "api.example.com", path: "/v1/balance")
        head.headerFields[.authorization] = "Bearer \(issued.rawKey())"
        let plain = ExternalCall(head: head, peer: try IPAddress(parsing: "2001:db8::7"))
        func status(_ call: ExternalCall) async throws -> Int {
            switch await api.admit(call, requiring: nil, charging: APIKeyCharge(try Credits(2), key: try IdempotencyKey("c"))) {
            case .admitted(let admitted):
                #expect(try await tamm.wallets.balance(of: wallet, as: admitted.principal).available == (try Credits(3)))
                await #expect { _ = try await keys.keys(of: workspace, as: admitted.principal) } throws: {
                    ($0 as? TammError)?.code == .forbidden
                }
                admitted.answered(with: 200)
                return 200
            case .refused(let response): return response.problem.status
            }
        }
        func signed(_ nonce: String) async throws -> ExternalCall {
            let secret = try #require(try await signing.secret(of: place))
            let scheme = try HTTPMessageSignature(
                secrets: [SigningSecret(id: place.id.description, secret)],
                nonces: NonceCache(lifetime: .seconds(600), capacity: 1, perKey: 1))
            let delivery = try scheme.signed(
                HTTPMessageSignature.Delivery(
                    method: "GET", scheme: "https", authority: "api.example.com", target: "/v1/balance", body: []),
                created: time.now(), nonce: nonce)
            var call = plain
            for (name, value) in [
                ("Content-Digest", delivery.contentDigest), ("Signature-Input", delivery.signatureInput),
                ("Signature", delivery.signature),
            ] { call.head.headerFields[try #require(HTTPField.Name(name))] = value }
            return call
        }
        let first = try await signed("n-1")
        #expect(try await status(first) == 200)
        #expect(try await status(first) == 401)
        #expect(try await status(plain) == 401)
        try await Admin.run("UPDATE tamm.workspaces SET status = 'suspended' WHERE status <> 'closing'", database: scratch.name)
        #expect(try await status(signed("n-2")) == 401)
        try await Admin.run("UPDATE tamm.workspaces SET status = 'active' WHERE status <> 'closing'", database: scratch.name)
        try await Admin.run("UPDATE tamm.workspace_api_keys SET status = 'revoked'", database: scratch.name)
        #expect(try await status(signed("n-3")) == 401)
        #expect(await log.shutdown().isEmpty)
        let rows = try await Admin.run(
            """
            SELECT status, coalesce(refusal, '-'), path, address FROM tamm.external_api_audit_logs
            WHERE workspace_id = '\(workspace)' AND key_id = '\(place.id)' ORDER BY sequence
            """, database: scratch.name)
        #expect(
            rows.split(separator: "\n") == [
                "200|-|/v1/balance|2001:db8::7", "401|signature.replayed|/v1/balance|2001:db8::7",
                "401|signature.missing|/v1/balance|2001:db8::7", "401|workspace-suspended|/v1/balance|2001:db8::7",
                "401|revoked|/v1/balance|2001:db8::7",
            ])
        #expect(try await tamm.audit.verify(workspace: workspace, as: .service).isClean)
        await #expect {
            try await Admin.run("UPDATE tamm.workspace_api_keys SET signature = 'optional'", database: scratch.name)
        } throws: { "\($0)".contains("never change") }
        await scratch.close()
    }
}
