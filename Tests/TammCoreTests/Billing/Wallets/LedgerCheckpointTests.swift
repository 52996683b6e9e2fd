import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct LedgerCheckpointTests {
    private static let key = Secret("a key that the database does not hold")

    private func bank() async throws -> Bank {
        let bank = try await Bank()
        try await bank.grant(10.credits, "g")
        try await bank.apply(.debit(3.credits, shortfall: .refuse), "d")
        return bank
    }

    /// A bank in which the same things happened but for what `differently` does, as after a forged restore.
    private func forged(_ differently: (Bank) async throws -> Void) async throws -> Bank {
        let bank = try await Bank()
        try await differently(bank)
        return bank
    }

    @Test func `A checkpoint survives its export and verifies what came after it`() async throws {
        let bank = try await bank()
        let taken = try await bank.wallets.checkpoint(as: .service)
        let read = try LedgerCheckpoint(text: taken.text(key: Self.key), key: Self.key)
        #expect(read == taken)
        #expect(read.heads.map(\.sequence) == [2] && read.takenAt == bank.time.now)
        try await bank.apply(.debit(3.credits, shortfall: .refuse), "d2")
        #expect(try await bank.wallets.verify(against: read, as: .service).isClean)
        #expect(try await bank.wallets.verify(workspace: bank.workspace, against: read, as: .service).isClean)
    }

    @Test func `A checkpoint has the documented form`() async throws {
        let bank = try await bank()
        let text = try await bank.wallets.checkpoint(workspace: bank.workspace, as: .service).text(key: Self.key)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let head = try await bank.stored().head
        #expect(lines.count == 5 && lines.last == "")
        #expect(lines[0] == "tamm-checkpoint 1" && lines[1] == "taken 2026-01-01T00:00:00Z")
        #expect(lines[2] == "head \(bank.workspace) \(bank.wallet.id) 2 \(head)")
        #expect(lines[3].hasPrefix("hmac ") && lines[3].count == 5 + 64)
    }

    @Test func `A checkpoint in which one bit is flipped is refused`() async throws {
        let bytes = Array(try await bank().wallets.checkpoint(as: .service).text(key: Self.key).utf8)
        for index in bytes.indices {
            for bit in 0..<7 {
                var changed = bytes
                changed[index] ^= 1 << bit
                let text = String(decoding: changed, as: UTF8.self)
                let error = caught { () throws(TammError) in _ = try LedgerCheckpoint(text: text, key: Self.key) }
                #expect(error?.code == .invalidInput || error?.code == .unauthenticated, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test func `A checkpoint of another key, or with lines more or less, is refused`() async throws {
        let text = try await bank().wallets.checkpoint(as: .service).text(key: Self.key)
        func code(_ text: String, _ key: Secret = Self.key) -> TammError.Code? {
            caught { () throws(TammError) in _ = try LedgerCheckpoint(text: text, key: key) }?.code
        }
        #expect(code(text) == nil)
        #expect(code(text, Secret("another key")) == .unauthenticated)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lines.insert(lines[2], at: 2)
        #expect(code(lines.joined(separator: "\n")) == .unauthenticated)
        lines.removeSubrange(2...3)
        #expect(code(lines.joined(separator: "\n")) == .unauthenticated)
        for other in ["", "\n", text + "\n", String(text.dropLast()), "tamm-checkpoint 1\n", " " + text] {
            #expect(code(other) == .invalidInput)
        }
    }

    @Test func `A chain that was cut off is found against an older checkpoint`() async throws {
        let checkpoint = try await bank().wallets.checkpoint(as: .service)
        let cut = try await forged { try await $0.grant(10.credits, "g") }
        #expect(try await cut.wallets.verify(as: .service).isClean, "by itself the shorter chain is whole")
        let report = try await cut.wallets.verify(against: checkpoint, as: .service)
        #expect(report.findings.map(\.problem) == [.truncated])
        #expect(report.findings.first?.sequence == 2)
    }

    @Test func `A chain that was computed anew is found against an older checkpoint`() async throws {
        let checkpoint = try await bank().wallets.checkpoint(as: .service)
        let rewritten = try await forged { bank in
            try await bank.grant(10.credits, "g")
            try await bank.apply(.debit(2.credits, shortfall: .refuse), "d")
            try await bank.apply(.debit(1.credits, shortfall: .refuse), "d2")
        }
        #expect(try await rewritten.wallets.verify(as: .service).isClean)
        let report = try await rewritten.wallets.verify(against: checkpoint, as: .service)
        #expect(report.findings.map(\.problem) == [.truncated])
    }

    @Test func `A wallet that is gone is found against an older checkpoint`() async throws {
        let bank = try await bank()
        _ = try await bank.wallets.open(in: bank.workspace, named: "second", as: .service)
        let checkpoint = try await bank.wallets.checkpoint(as: .service)
        #expect(checkpoint.heads.count == 2)
        let other = try await forged { bank in
            try await bank.grant(10.credits, "g")
            try await bank.apply(.debit(3.credits, shortfall: .refuse), "d")
        }
        let report = try await other.wallets.verify(against: checkpoint, as: .service)
        #expect(report.findings.map(\.problem) == [.truncated])
        let neighbours = try await bank.neighbour().wallet.workspace
        let unconcerned = try await bank.wallets.verify(workspace: neighbours, against: checkpoint, as: .service)
        #expect(unconcerned.isClean, "a checkpoint of other workspaces' wallets says nothing of this one")
    }

    @Test func `A checkpoint of an empty wallet fits whatever comes`() async throws {
        let bank = try await Bank()
        let checkpoint = try await bank.wallets.checkpoint(as: .service)
        #expect(checkpoint.heads.map(\.sequence) == [0])
        try await bank.grant(10.credits, "g")
        #expect(try await bank.wallets.verify(against: checkpoint, as: .service).isClean)
        let empty = try await Wallets(store: InMemoryStore(), time: bank.time.source).checkpoint(as: .service)
        #expect(try LedgerCheckpoint(text: empty.text(key: Self.key), key: Self.key).heads.isEmpty)
    }
}
