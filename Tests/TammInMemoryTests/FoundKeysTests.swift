import TammCore
import TammTesting
import Testing

@testable import TammInMemory

@Suite struct `Keys that were found` {
    private func key(_ digest: APIKeyDigest, _ number: UInt64) throws -> FoundAPIKey {
        let id = Identifier<APIKey>(high: 1, low: number)
        let key = APIKey(
            id: id, workspace: Identifier(high: 2, low: 1), environment: .live, label: "label",
            terms: try APIKeyTerms(name: "Key", scopes: []), status: .active, expiresAt: nil, replaces: nil, lineage: id,
            createdAt: .epoch, lastUsedAt: nil)
        return FoundAPIKey(key: key, digest: digest, workspaceStatus: .active, subscription: nil)
    }

    /// Few beginnings, so that many digests begin alike.
    private func digest(_ generator: inout SplitMix64) throws -> APIKeyDigest {
        let beginning = UInt8.random(in: 0..<3, using: &generator)
        let end = UInt8.random(in: 0..<20, using: &generator)
        return try APIKeyDigest(
            version: Int.random(in: 1...2, using: &generator),
            bytes: [UInt8](repeating: beginning, count: 8) + [UInt8](repeating: end, count: 24))
    }

    @Test func `are those of a dictionary from which goes what may have changed`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        for round in 0..<100 {
            var (keys, model) = (FoundKeys(), [APIKeyDigest: Identifier<APIKey>]())
            for step in 0..<400 {
                let digest = try digest(&generator)
                switch Int.random(in: 0..<(round % 2 == 0 ? 100 : 20), using: &generator) {
                case 0:
                    keys.forget(KeyRack.Changes(isAny: true))
                    model = [:]
                case 1:
                    let others = [try self.digest(&generator), digest]
                    keys.forget(KeyRack.Changes(digests: others))
                    for other in others { model[other] = nil }
                case 2..<11:
                    let found = try key(digest, UInt64(step))
                    keys.keep(found)
                    model[digest] = found.key.id
                default: #expect(keys[digest]?.key.id == model[digest])
                }
            }
        }
    }

    @Test func `are let go of when others need their room`() throws {
        var keys = FoundKeys()
        for generation in 0..<1000 {
            for number in 0..<8 {
                let bytes = [UInt8(number), UInt8(generation % 251)] + [UInt8](repeating: UInt8(generation / 251), count: 30)
                keys.keep(try key(APIKeyDigest(version: 1, bytes: bytes), UInt64(number)))
            }
            keys.forget(KeyRack.Changes(isAny: true))
        }
        #expect(keys.capacity <= 32)
    }
}
