import Crypto
import Foundation
import Testing

@testable import TammCore

/// `Fixtures/ledger-v1.txt`: a line for each link of a chain, with its number, kind, canonical bytes and hash. Chains
/// that customers hold depend on every byte of it; with `UPDATE_GOLDEN=1` the test writes it anew.
struct LedgerGoldenTests {
    private static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/ledger-v1.txt").path

    private func entries() async throws -> [LedgerEntry] {
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        return try await bank.entries()
    }

    /// The genesis message, put together byte by byte from the documented form.
    private func genesisBytes(_ entry: LedgerEntry) -> [UInt8] {
        [0, 14] + Array("tamm-ledger-v1".utf8) + [0, 16] + entry.workspace.bytes + [0, 16] + entry.wallet.bytes
    }

    private func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

    @Test func `The chain of a fixed sequence is the committed one, byte for byte`() async throws {
        let entries = try await entries()
        let genesis = genesisBytes(try #require(entries.first))
        var text = "0 genesis \(hexadecimal(genesis)) \(digest(genesis))\n"
        for entry in entries {
            let bytes = LedgerChain.canonicalBytes(of: entry)
            text += "\(entry.sequence) \(entry.kind) \(hexadecimal(bytes)) \(entry.hash)\n"
        }
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOfFile: Self.path, encoding: .utf8)
        let (wanted, found) = (golden.split(separator: "\n"), text.split(separator: "\n"))
        for (wanted, found) in zip(wanted, found) { #expect(found == wanted) }
        #expect(text == golden)
    }

    @Test func `The sequence writes an entry of every kind, over every account`() async throws {
        let entries = try await entries()
        #expect(Set(entries.map(\.kind)) == Set(EntryKind.allCases))
        #expect(Set(entries.flatMap { [$0.source, $0.target] }) == Set(Account.allCases))
        #expect(entries.contains { $0.command == nil } && entries.contains { $0.hold != nil && $0.grant != nil })
        #expect(entries.contains { $0.occurredAt < $0.recordedAt })
    }

    @Test func `Every hash in the file is that of the hash before and the bytes beside it`() throws {
        let golden = try String(contentsOfFile: Self.path, encoding: .utf8)
        var previous: [UInt8] = []
        for line in golden.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 4)
            let message = try #require(bytes(hexadecimal: words[2].utf8))
            #expect(digest(previous + message) == words[3], "link \(words[0])")
            previous = try #require(bytes(hexadecimal: words[3].utf8))
        }
    }

    @Test func `The canonical bytes say everything an entry says`() async throws {
        for entry in try await entries() {
            let fields = try CanonicalFields(LedgerChain.canonicalBytes(of: entry))
            #expect(fields.sequence == entry.sequence)
            #expect(fields.kind == entry.kind)
            #expect(fields.source == entry.source && fields.target == entry.target)
            #expect(fields.amount == entry.amount.micro)
            #expect(fields.grant == entry.grant?.bytes && fields.hold == entry.hold?.bytes)
            #expect(fields.command == entry.command?.text)
            #expect(fields.occurredAt == entry.occurredAt.microseconds)
            #expect(fields.recordedAt == entry.recordedAt.microseconds)
            let balance = entry.balance
            #expect(fields.balance == [balance.available.micro, balance.held.micro, balance.owed.micro])
        }
    }

    @Test func `The genesis binds the workspace and the wallet`() throws {
        let (workspace, wallet) = (Bank.workspaceID, Identifier<Wallet>(high: 3, low: 4))
        let genesis = LedgerChain.genesis(workspace: workspace, wallet: wallet)
        let bytes = [0, 14] + Array("tamm-ledger-v1".utf8) + [0, 16] + workspace.bytes + [0, 16] + wallet.bytes
        #expect(genesis.description == digest(bytes))
        #expect(genesis != LedgerChain.genesis(workspace: workspace, wallet: Identifier(high: 3, low: 5)))
        #expect(genesis != LedgerChain.genesis(workspace: Identifier(high: 1, low: 2), wallet: wallet))
        #expect(ChainHash(genesis.bytes) == genesis)
        #expect(ChainHash(genesis.bytes.dropLast()) == nil && ChainHash(genesis.bytes + [0]) == nil)
    }
}

/// Reads version 1 of an entry's canonical bytes by their documentation, knowing nothing of what writes them.
private struct CanonicalFields {
    let sequence: Int64
    let kind: EntryKind?
    let source: Account?
    let target: Account?
    let amount: Int64
    let grant: [UInt8]?
    let hold: [UInt8]?
    let command: String?
    let occurredAt: Int64
    let recordedAt: Int64
    let balance: [Int64]

    init(_ bytes: [UInt8]) throws {
        try #require(bytes.first == 1)
        var fields: [[UInt8]] = []
        var rest = bytes.dropFirst()
        while let high = rest.popFirst() {
            let low = try #require(rest.first)
            rest.removeFirst()
            let length = Int(high) << 8 | Int(low)
            try #require(length <= rest.count)
            fields.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        try #require(fields.count == 13)
        func number(_ index: Int) throws -> Int64 {
            try #require(fields[index].count == 8)
            return Int64(bitPattern: fields[index].reduce(0) { $0 << 8 | UInt64($1) })
        }
        func byte(_ index: Int) throws -> UInt8 {
            try #require(fields[index].count == 1)
            return fields[index][0]
        }
        sequence = try number(0)
        kind = EntryKind(rawValue: try byte(1))
        source = Account(rawValue: try byte(2))
        target = Account(rawValue: try byte(3))
        amount = try number(4)
        grant = fields[5].isEmpty ? nil : fields[5]
        hold = fields[6].isEmpty ? nil : fields[6]
        command = fields[7].isEmpty ? nil : String(decoding: fields[7], as: UTF8.self)
        occurredAt = try number(8)
        recordedAt = try number(9)
        balance = try (10...12).map(number)
    }
}
