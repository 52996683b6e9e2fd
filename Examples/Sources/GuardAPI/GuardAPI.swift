import HTTPTypes
import TammCore
import TammInMemory

/// Makes an API key, lets requests in that present one, signed or not, rotates it, and ends it.
@main
struct GuardAPI {
    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        let tamm = Tamm(store: InMemoryStore(), time: time, entropy: entropy, catalogue: .example, prices: .example)
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await tamm.workspaces.create(named: "Nile Books", owner: user, as: .service)
        let owner = Principal.user(user, in: workspace.id)
        _ = try await tamm.subscriptions.assign(PlanID("growth"), to: workspace.id, as: .service)
        let wallet = try await tamm.wallets.open(in: workspace.id, as: owner)
        _ = try await tamm.wallets.grant(
            GrantTerms(Credits(100), .purchased), to: wallet, key: IdempotencyKey("payment-81"), as: .service)
        // From the environment or a provider of secrets, never from the database: 32 bytes at least.
        let (pepper, root) = (Secret(entropy.bytes(32)), Secret(entropy.bytes(32)))
        var lines: [String] = []

        // snippet: issue
        let keys = tamm.apiKeys(.live, peppers: try PepperRing([Pepper(version: 1, pepper)]))
        let terms = try APIKeyTerms(
            name: "Web shop", scopes: [APIKeyScope("messages.write"), APIKeyScope("billing.read")],
            addresses: [AddressRange(parsing: "203.0.113.0/24")], budget: APIKeyBudget(Credits(5), per: .day))
        let issued = try await keys.issue(terms, .live, in: workspace.id, expiresAt: nil, as: owner)
        let key = issued.key
        let text = issued.rawKey()  // For the holder: nothing shows it again.
        // end snippet
        lines.append("a key of \(text.utf8.count) characters, printed as \(PresentedAPIKey(text) as Any)")

        // snippet: open
        let log = try tamm.externalRequestLog()
        let signing = try RequestSigning.derived(
            from: root, nonces: NonceCache(lifetime: .seconds(600), capacity: 100_000, perKey: 10_000))
        let api = try tamm.externalAPI(
            keys, limits: RateLimits(local: LocalRateLimitStore(), time: time, entropy: entropy),
            otherwise: PlanRateLimit("api.requests", windows: [.init(count: 60, periodSeconds: 60, burst: 5)]),
            proxies: TrustedProxies([AddressRange(parsing: "10.0.0.0/8")]), signing: signing, log: log)
        // end snippet

        // snippet: admit
        func answer(_ call: ExternalCall, _ name: String) async throws -> String {
            let answer = await api.admit(
                call, requiring: try APIKeyScope("messages.write"),
                charging: APIKeyCharge(try Credits(2), key: try IdempotencyKey(name)))
            switch answer {
            case .refused(let response):
                return "\(response.head.status.code)"  // Send `response.head` and `response.body`.
            case .admitted(let admitted):
                // … the work, for `admitted.workspace`; the store is read as `admitted.principal`.
                let left = try await tamm.wallets.balance(of: wallet, as: admitted.principal).available
                admitted.answered(with: 200)
                return "200, \(left) credits left"
            }
        }
        // end snippet
        let shop = try call(text, from: "203.0.113.9")
        lines.append("from the shop: \(try await answer(shop, "message-1"))")
        lines.append("from elsewhere: \(try await answer(call(text, from: "198.51.100.7"), "message-2"))")
        lines.append("with a typing error: \(try await answer(call(String(text.dropLast()) + "~", from: "203.0.113.9"), "x"))")

        // snippet: sign
        let secret = try await signing.secret(of: key.place)  // For the holder, beside the key's text.
        // end snippet
        let signed = try sign(shop, SigningSecret(id: key.id.description, secret ?? pepper), at: time.now())
        lines.append("signed: \(try await answer(signed, "message-2"))")
        lines.append("the same again: \(try await answer(signed, "message-2"))")
        lines.append("over its budget: \(try await answer(shop, "message-3"))")

        // snippet: rotate
        let next = try await keys.rotate(key.place, overlap: .seconds(3600), expiresAt: nil, as: owner)
        let newText = next.rawKey()  // The old one works for an hour more.
        // end snippet
        let new = try call(newText, from: "203.0.113.9")
        lines.append(
            "the old key: \(try await answer(shop, "message-1").prefix(3)), the new one: \(try await answer(new, "message-1").prefix(3))")

        // snippet: revoke
        try await keys.revoke(key.place, because: "laptop lost", as: owner)
        // Its next request is refused, in every process.
        // end snippet
        lines.append("revoked: \(try await answer(shop, "message-1")), the new one: \(try await answer(new, "message-1").prefix(3))")
        let leak = try await keys.report(leaked: newText, source: "a public repository")
        lines.append("found in public: \(leak == .unknown ? "unknown" : "revoked"), then \(try await answer(new, "message-1"))")
        try await keys.recordUses()  // Every few seconds, by a task of its own.

        // snippet: log
        let lost = await log.shutdown()  // `log.run()` for the life of the service, `log.tick()` every second.
        // end snippet
        let records = try await tamm.audit.records(in: .requests, of: workspace.id, limit: 100, as: owner)
        for case .request(let request) in records.map(\.record) {
            lines.append("logged: \(request.status) \(request.refusal ?? "answered")")
        }
        lines.append("\(lost.count) requests lost")
        return lines
    }

    /// What an HTTP server knows of a request that came by one proxy.
    static func call(_ text: String, from client: String) throws -> ExternalCall {
        var fields = HTTPFields()
        fields[.authorization] = "Bearer \(text)"
        let head = HTTPRequest(
            method: .post, scheme: "https", authority: "api.example.com", path: "/v1/messages", headerFields: fields)
        return ExternalCall(
            head: head, body: Array(#"{"text":"Hello"}"#.utf8), peer: try IPAddress(parsing: "10.0.0.1"), forwarded: [client])
    }

    /// What the key's holder does.
    static func sign(_ call: ExternalCall, _ secret: SigningSecret, at now: Timestamp) throws -> ExternalCall {
        let scheme = try HTTPMessageSignature(
            secrets: [secret], nonces: NonceCache(lifetime: .seconds(600), capacity: 1, perKey: 1))
        let delivery = try scheme.signed(
            HTTPMessageSignature.Delivery(
                method: "POST", scheme: "https", authority: "api.example.com", target: "/v1/messages", body: call.body),
            created: now, nonce: "5bfa6a1e9c0d4f7f")
        var call = call
        for (name, value) in [
            ("Content-Digest", delivery.contentDigest), ("Signature-Input", delivery.signatureInput),
            ("Signature", delivery.signature),
        ] {
            if let name = HTTPField.Name(name), let value { call.head.headerFields[name] = value }
        }
        return call
    }
}
