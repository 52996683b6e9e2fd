import TammCore
import TammInMemory

/// Makes an API key, decides about requests that present one, rotates it, and ends it.
@main
struct GuardAPI {
    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        let store = InMemoryStore()
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await Workspaces(store: store, time: time, entropy: entropy)
            .create(named: "Nile Books", owner: user, as: .service)
        let owner = Principal.user(user, in: workspace.id)
        let wallets = Wallets(store: store, time: time)
        let wallet = try await wallets.open(in: workspace.id, as: owner)
        _ = try await wallets.grant(
            GrantTerms(Credits(100), .purchased), to: wallet, key: IdempotencyKey("payment-81"), as: .service)
        // From the environment or a provider of secrets, never from the database: 32 bytes at least.
        let pepper = Secret(entropy.bytes(32))
        var lines: [String] = []

        // snippet: issue
        let keys = APIKeys(
            store: store, time: time, entropy: entropy, wallets: wallets, environment: .live,
            peppers: try PepperRing([Pepper(version: 1, pepper)]))
        let terms = try APIKeyTerms(
            name: "Web shop", scopes: [APIKeyScope("messages.write")],
            addresses: [AddressRange(parsing: "203.0.113.0/24")], budget: APIKeyBudget(Credits(5), per: .day))
        let issued = try await keys.issue(terms, .live, in: workspace.id, expiresAt: nil, as: owner)
        let key = issued.key
        let text = issued.rawKey()  // For the holder: nothing shows it again.
        // end snippet
        lines.append("a key of \(text.utf8.count) characters, printed as \(PresentedAPIKey(text) as Any)")

        // snippet: verify
        let proxies = try TrustedProxies([AddressRange(parsing: "10.0.0.0/8")])
        func answer(_ authorization: String, _ request: APIRequest) async throws -> String {
            let decision = try await keys.verify(
                authorization, requiring: APIKeyScope("messages.write"),
                from: proxies.client(of: request.peer, forwarded: request.forwarded),
                charging: APIKeyCharge(Credits(2), key: IdempotencyKey(request.id)))
            switch decision {
            case .accepted(let key): return "200 for workspace \(key.workspace == workspace.id ? "Nile Books" : "?")"
            case .refused(let refusal):
                switch refusal.face {  // `refusal.reason` is for the log alone.
                case .unauthenticated: return "401"
                case .rateLimited(let wait): return "429, again in \(wait)"
                case .paymentRequired: return "402"
                }
            }
        }
        // end snippet
        let shop = try APIRequest(id: "message-1", from: "203.0.113.9")
        lines.append("from the shop: \(try await answer(text, shop))")
        lines.append("from elsewhere: \(try await answer(text, APIRequest(id: "message-2", from: "198.51.100.7")))")
        lines.append("with a typing error: \(try await answer(String(text.dropLast()) + "~", shop))")
        for number in 2...3 {
            let next = try APIRequest(id: "message-\(number)", from: "203.0.113.9")
            lines.append("message \(number): \(try await answer(text, next))")
        }
        let left = try await wallets.balance(of: wallet, as: owner).available
        lines.append("\(left) credits left")

        // snippet: rotate
        let next = try await keys.rotate(key.place, overlap: .seconds(3600), expiresAt: nil, as: owner)
        let newText = next.rawKey()  // The old one works for an hour more.
        // end snippet
        let again = try APIRequest(id: "message-1", from: "203.0.113.9")
        lines.append("the old key: \(try await answer(text, again)), the new one: \(try await answer(newText, again))")

        // snippet: revoke
        try await keys.revoke(key.place, because: "laptop lost", as: owner)
        // Its next request is refused, in every process.
        // end snippet
        lines.append("revoked: \(try await answer(text, again)), the new one: \(try await answer(newText, again))")
        let leak = try await keys.report(leaked: newText, source: "a public repository")
        lines.append("found in public: \(leak == .unknown ? "unknown" : "revoked"), then \(try await answer(newText, again))")
        try await keys.recordUses()  // Every few seconds, by a task of its own.
        return lines
    }
}

/// What an HTTP server knows of a request, behind one proxy.
struct APIRequest {
    let id: String
    let peer: IPAddress
    let forwarded: [String]

    init(id: String, from client: String) throws {
        self.id = id
        peer = try IPAddress(parsing: "10.0.0.1")
        forwarded = [client]
    }
}
