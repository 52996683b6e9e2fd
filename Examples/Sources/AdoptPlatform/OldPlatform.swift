import TammCore

/// The platform that is taken over: what it exports, and a billing that rounds every charge up to whole credits.
struct OldPlatform {
    /// A line a workspace; the third has a lot of no credits.
    static let export = """
        {"format":1,"id":"4f6d1a52-7c1e-4e0b-9d3a-000000000001","name":"Nile Books","createdAt":"2024-05-06T07:08:09Z",\
        "members":[{"user":"4f6d1a52-7c1e-4e0b-9d3a-0000000000a1","role":"owner","joinedAt":"2024-05-06T07:08:09Z"},\
        {"user":"4f6d1a52-7c1e-4e0b-9d3a-0000000000a2","role":"member","joinedAt":"2024-06-01T10:00:00Z"}],\
        "plan":{"version":"growth@1","standing":"paid","interval":"month","currency":"EGP","provider":"paymob",\
        "renews":true,"from":"2026-03-01T00:00:00Z","through":"2026-04-01T00:00:00Z","hadTrial":true},\
        "lots":[{"amount":"1234.5","category":"plan","expiresAt":"2026-04-01T00:00:00Z"},\
        {"amount":"250","category":"purchased","expiresAt":"2027-01-01T00:00:00Z","source":"order-81"}]}
        {"format":1,"id":"4f6d1a52-7c1e-4e0b-9d3a-000000000002","name":"Delta Dental","createdAt":"2025-01-02T00:00:00Z",\
        "members":[{"user":"4f6d1a52-7c1e-4e0b-9d3a-0000000000a3","role":"owner","joinedAt":"2025-01-02T00:00:00Z"}],\
        "plan":{"version":"free@1","standing":"complimentary","from":"2026-03-01T00:00:00Z",\
        "through":"2026-04-01T00:00:00Z","hadTrial":false},\
        "lots":[{"amount":"40","category":"plan","expiresAt":"2026-04-01T00:00:00Z"}]}
        {"format":1,"id":"4f6d1a52-7c1e-4e0b-9d3a-000000000003","name":"Oasis Tours","createdAt":"2025-02-03T00:00:00Z",\
        "members":[{"user":"4f6d1a52-7c1e-4e0b-9d3a-0000000000a4","role":"owner","joinedAt":"2025-02-03T00:00:00Z"}],\
        "lots":[{"amount":"0","category":"purchased"}]}

        """

    /// What each workspace can spend, in micro-credits.
    var balances: [Identifier<Workspace>: Int64]

    /// What it decided: the charge, in micro-credits, or nil where it refused.
    mutating func charge(_ micro: Int64, to workspace: Identifier<Workspace>) -> Int64? {
        let rounded = (micro + 999_999) / 1_000_000 * 1_000_000
        guard let balance = balances[workspace], rounded <= balance else { return nil }
        balances[workspace] = balance - rounded
        return rounded
    }
}
