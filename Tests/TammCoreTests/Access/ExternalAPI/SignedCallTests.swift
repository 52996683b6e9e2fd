import HTTPTypes
import TammTesting
import Testing

@testable import TammCore

@Suite struct `A signed request to the external API` {
    @Test func `is let in with its proof, once, and its limit is charged once`() async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue(signature: .required)
        let call = try await house.signed(house.call(text), by: key)
        let answer = await house.api.admit(call, requiring: nil)
        guard case .admitted(let admitted) = answer else { throw Unexpected("\(answer)") }
        #expect(admitted.signature?.keyID == key.id.description && admitted.signature?.payload.body == call.body)
        admitted.answered(with: 200)
        #expect(try await house.status(call) == 401)
        #expect(try await house.room() == 4)
        #expect(try await house.logged() == ["200", "401 signature.replayed"])
    }

    @Test func `of which many copies come at once is let in once`() async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue(limit: 1000)
        let call = try await house.signed(house.call(text), by: key)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await house.status(call) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 401 } == 99)
        #expect(try await house.room(key) == 999)
    }

    @Test(arguments: [APIKeySignature.optional, .required])
    func `has to be good where it is there, and there where the key requires it`(demand: APIKeySignature) async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue(signature: demand)
        let (other, _) = try await house.issue()
        let plain = try house.call(text)
        let good = try await house.signed(plain, by: key)
        let foreign = try await house.signed(plain, by: other)
        let early = try await house.signed(plain, by: key, created: house.bank.time.now.advanced(by: .seconds(-301)))
        func changed(_ change: (inout ExternalCall) -> Void) -> ExternalCall {
            var call = good
            change(&call)
            return call
        }
        let cases: [(ExternalCall, String)] = [
            (foreign, "mismatch"), (early, "too-old"),
            (changed { $0.head.method = .delete }, "mismatch"), (changed { $0.head.path = "/v1/other" }, "mismatch"),
            (changed { $0.head.authority = "api.example.org" }, "mismatch"), (changed { $0.scheme = "http" }, "mismatch"),
            (changed { $0.body.append(32) }, "digest-mismatch"),
            (changed { $0.head.headerFields[.signature] = nil }, "missing"),
            (changed { $0.head.headerFields[.signatureInput] = nil }, "missing"),
            (changed { $0.head.headerFields[.contentDigest] = nil }, "missing-digest"),
            (changed { $0.head.headerFields[.signature] = "sig1=:AAAA:" }, "malformed"),
            (changed { $0.head.authority = nil }, "malformed"), (changed { $0.head.path = nil }, "malformed"),
            (changed { $0.scheme = "gopher" }, "malformed"),
        ]
        for (call, reason) in cases {
            #expect(try await house.status(call) == 401)
            #expect(try await house.logged().last == "401 signature.\(reason)")
        }
        #expect(try await house.status(plain) == (demand == .required ? 401 : 200))
        #expect(try await house.status(good) == 200)
        #expect(try await house.room() == (demand == .required ? 4 : 3))
    }

    @Test func `is passed over where nothing is configured, and refused as unavailable where the key requires it`() async throws {
        let house = try await APIHouse(isSigning: false)
        let (key, text) = try await house.issue()
        let (strict, strictText) = try await house.issue(signature: .required)
        var call = try await house.signed(house.call(text), by: key)
        call.head.headerFields[.signature] = "nonsense"
        #expect(try await house.status(call) == 200)
        #expect(try await house.status(house.signed(house.call(strictText), by: strict)) == 503)
        #expect(try await house.logged() == ["200", "503 failed.unavailable"])
    }

    @Test func `needs a secret of the key's own; another key, place or root has another`() async throws {
        let house = try await APIHouse()
        let (key, _) = try await house.issue()
        let (other, _) = try await house.issue()
        let secret = try #require(try await house.signing.secret(of: key.place))
        #expect(secret.count == 32)
        #expect(try await house.signing.secret(of: key.place) == secret)
        let elsewhere = APIKeyPlace(workspace: Identifier(high: 1, low: 1), id: key.id)
        for place in [other.place, elsewhere] { #expect(try await house.signing.secret(of: place) != secret) }
        let root = Secret([UInt8](repeating: 8, count: 32))
        #expect(try await RequestSigning.derived(from: root, nonces: house.nonces).secret(of: key.place) != secret)
        let short = caught { () throws(TammError) in
            _ = try RequestSigning.derived(from: Secret([UInt8](repeating: 8, count: 31)), nonces: house.nonces)
        }
        #expect(short?.code == .invalidInput && short?.field == "root")
        let none = try RequestSigning(nonces: house.nonces) { _ in nil }
        await #expect { _ = try await none.scheme(for: key.place) } throws: {
            ($0 as? TammError)?.signatureRefusal == .mismatch
        }
        // A secret that is none is not the client's fault.
        let bad = try RequestSigning(nonces: house.nonces) { _ in Secret([1, 2, 3]) }
        await #expect { _ = try await bad.scheme(for: key.place) } throws: { ($0 as? TammError)?.code == .unavailable }
        let nonces = try NonceCache(lifetime: .seconds(599), capacity: 10, perKey: 10)
        #expect(caught { () throws(TammError) in _ = try RequestSigning(nonces: nonces) { _ in nil } }?.field == "nonces")
    }

    @Test func `that was taken back frees its name and its room at once`() throws {
        let nonces = try NonceCache(lifetime: .seconds(600), capacity: 2, perKey: 2)
        let (now, end) = (Bank.start, Bank.start.advanced(by: .seconds(600)))
        func use(_ nonce: String, at moment: Timestamp = Bank.start) -> NonceCache.Outcome {
            nonces.use(nonce, of: "k", acceptableUntil: moment.advanced(by: .seconds(300)), at: moment)
        }
        #expect(use("a") == .fresh && use("a") == .used)
        nonces.takeBack("a", of: "k")
        nonces.takeBack("never", of: "k")
        #expect(nonces.count == 0)
        for number in 0..<1000 {
            #expect(use("refused-\(number)") == .fresh)
            nonces.takeBack("refused-\(number)", of: "k")
        }
        #expect(use("a", at: now.advanced(by: .seconds(1))) == .fresh && use("b") == .fresh && use("c") == .full)
        // The first use of "a" was taken back; the second one of the same name stands longer.
        let later = end.advanced(by: .microseconds(1))
        #expect(nonces.holds("a", of: "k", at: later) && !nonces.holds("b", of: "k", at: later))
        #expect(nonces.use("a", of: "k", acceptableUntil: later, at: later) == .used)
        #expect(use("d", at: later) == .fresh)
    }
}
