import CAllocations
import Crypto
import TammCore
import TammInMemory

/// Verifying an API key among 10,000, from its text to the proof, against nothing but the HMAC of the same bytes with the
/// states of the hash after the pads kept: with the default settings, which read the store at every verification, and
/// with the cache; and refusing a text with a wrong checksum.
func keyBenchmarks() async throws {
    let store = InMemoryStore()
    let now = try Timestamp(seconds: 1_767_225_600)
    let time = TimeSource { now }
    let pepper = [UInt8](repeating: 7, count: 32)
    let workspaces = Workspaces(store: store, time: time, entropy: .system)
    let user = Identifier<User>(at: now, entropy: .system)
    let scope = try APIKeyScope("messages.write")
    let terms = try APIKeyTerms(name: "Bench", scopes: [scope])
    let clock = SteadyClock(uptime: { .seconds(1) }, pause: { _ in })
    let cache = try APIKeyCache(
        id: Identifier(at: now, entropy: .system), store: store, staleness: .seconds(1), clock: clock)
    func keys(_ cache: APIKeyCache?) throws -> APIKeys {
        APIKeys(
            store: store, time: time, entropy: .system, wallets: Wallets(store: store, time: time), environment: .live,
            peppers: try PepperRing([Pepper(version: 1, Secret(pepper))]), cache: cache)
    }
    let (plain, cached) = (try keys(nil), try keys(cache))
    var made: [String] = []
    for number in 0..<100 {
        let workspace = try await workspaces.create(named: "W\(number)", owner: user, as: .service)
        for _ in 0..<100 {
            made.append(
                try await plain.issue(terms, .live, in: workspace.id, expiresAt: nil, as: .service).rawKey())
        }
    }
    let texts = made
    try await cache.refresh()
    for text in texts {
        for keys in [plain, cached] { try await accept(keys, text, scope) }
    }
    for keys in [plain, cached] { try await keys.recordUses() }
    // What was written down is read again, so that nothing more is to be written.
    await cache.stop()
    try await cache.refresh()
    for text in texts { try await accept(cached, text, scope) }

    let hmac = CachedHMAC(pepper)
    let peer: Bench.Side = { operations in
        for index in 0..<operations { keep(hmac.code(of: texts[index % texts.count])) }
    }
    for (name, keys) in [("keys.check", plain), ("keys.cached", cached)] {
        try await Bench.compare(
            name, with: "hmac", operations: 20_000,
            ours: { operations in
                for index in 0..<operations { try await accept(keys, texts[index % texts.count], scope) }
            }, theirs: peer)
        let before = allocations_of_this_thread()
        for text in texts { try await accept(keys, text, scope) }
        Bench.line(
            "\(name).allocations", Double(allocations_of_this_thread() - before) / Double(texts.count), "allocations")
    }
    Bench.line("keys.hmac.allocations", Bench.allocations { keep(hmac.code(of: texts[0])) }, "allocations")

    let wrong = texts.prefix(100).map { text in
        String(decoding: text.utf8.enumerated().map { $0 == 30 ? ($1 == 0x61 ? 0x62 : 0x61) : $1 }, as: UTF8.self)
    }
    precondition(wrong.allSatisfy { PresentedAPIKey($0) == nil })
    let times = try await Bench.interleave(rounds: 41, operations: 200_000, clock: .processor) { operations in
        for _ in 0..<operations / wrong.count { for index in wrong.indices { keep(PresentedAPIKey(wrong[index]) == nil) } }
    }
    Bench.line("keys.bad-checksum", Bench.median(times[0]), "ns")
    Bench.line(
        "keys.bad-checksum.allocations", Bench.allocations { keep(PresentedAPIKey(wrong[0]) == nil) }, "allocations")
}

@inline(__always)
private func accept(_ keys: APIKeys, _ text: String, _ scope: APIKeyScope) async throws {
    guard case .accepted = try await keys.verify(text, requiring: scope, from: nil) else { fatalError("not accepted") }
}

/// The peer: HMAC-SHA256 of swift-crypto's, whose two states after the pads are copied for each message.
private struct CachedHMAC {
    private let inner: SHA256
    private let outer: SHA256

    init(_ key: [UInt8]) {
        func state(_ mask: UInt8) -> SHA256 {
            var hash = SHA256()
            hash.update(data: (key + [UInt8](repeating: 0, count: 64 - key.count)).map { $0 ^ mask })
            return hash
        }
        (inner, outer) = (state(0x36), state(0x5c))
    }

    @inline(__always)
    func code(of text: String) -> SHA256.Digest {
        var hash = inner
        var text = text
        text.withUTF8 { unsafe hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        var wrapped = outer
        unsafe hash.finalize().withUnsafeBytes { unsafe wrapped.update(bufferPointer: $0) }
        return wrapped.finalize()
    }
}
