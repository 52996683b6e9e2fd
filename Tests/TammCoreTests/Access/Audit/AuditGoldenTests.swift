import Crypto
import Foundation
import Testing

@testable import TammCore

/// `Fixtures/audit-v1.txt`: a line for each record of a fixed sequence, with its log, number, canonical bytes and the
/// hash of its link. Checkpoints and exports that customers hold depend on every byte of it; with `UPDATE_GOLDEN=1` the
/// test writes it anew.
struct AuditGoldenTests {
    private static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/audit-v1.txt").path

    @Test func `The chains of a fixed sequence are the committed ones, byte for byte`() async throws {
        let script = try await AuditScript.run()
        var text = ""
        for log in AuditLog.allCases {
            text += "\(log.rawValue) 0 genesis \(AuditChain.genesis(script.place(log)))\n"
            for link in try await script.chain(log) {
                let bytes = AuditChain.canonicalBytes(of: link.record, at: link.sequence)
                text += "\(log.rawValue) \(link.sequence) \(hexadecimal(bytes)) \(link.hash.map { "\($0)" } ?? "-")\n"
            }
        }
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOfFile: Self.path, encoding: .utf8)
        let (wanted, found) = (golden.split(separator: "\n"), text.split(separator: "\n"))
        for (wanted, found) in zip(wanted, found) { #expect(found == wanted) }
        #expect(text == golden)
    }

    @Test func `Every hash in the file is that of the hash before and the bytes beside it`() throws {
        let golden = try String(contentsOfFile: Self.path, encoding: .utf8)
        var message: [UInt8] = []
        var links = 0
        for line in golden.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 4)
            if words[2] == "genesis" {
                let name = Array(words[0].utf8)
                let genesis =
                    [0, 13] + Array("tamm-audit-v1".utf8) + [0, UInt8(name.count)] + name + [0, 16]
                    + Bank.workspaceID.bytes
                #expect(hexadecimal(SHA256.hash(data: genesis)) == words[3])
                message = try #require(bytes(hexadecimal: words[3].utf8))
                continue
            }
            message += try #require(bytes(hexadecimal: words[2].utf8))
            if words[3] == "-" { continue }
            #expect(hexadecimal(SHA256.hash(data: message)) == words[3], "\(words[0]) \(words[1])")
            message = try #require(bytes(hexadecimal: words[3].utf8))
            links += 1
        }
        #expect(links == 5 + 4 + 3)
    }

    /// Knows nothing of Tamm but the documentation of `AuditExport` and `AuditChain`.
    @Test(arguments: AuditLog.allCases)
    func `An outside program recomputes the chain from the export`(log: AuditLog) async throws {
        let script = try await AuditScript.run()
        var text = ""
        try await script.trail.export(log, of: script.workspace, as: .service) { text += $0 }
        var (message, last) = (Data(AuditChain.genesis(script.place(log)).bytes), "")
        for line in text.split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let record = try #require(object["record"] as? [String: Any])
            let sequence = try #require(object["sequence"] as? Int64)
            #expect(object["log"] as? String == log.rawValue)
            #expect(object["workspace"] as? String == script.workspace.description)
            message += try Self.message(of: record, sequence, log)
            guard let hash = object["hash"] as? String else { continue }
            #expect(hexadecimal(SHA256.hash(data: message)) == hash, "record \(sequence)")
            (message, last) = (Data(SHA256.hash(data: message)), hash)
        }
        #expect(last == (try await script.head(log)).hash.description)
        #expect(!text.contains("secret"))
    }

    private static func message(of record: [String: Any], _ sequence: Int64, _ log: AuditLog) throws -> Data {
        func field(_ value: Data) -> Data { Data([UInt8(value.count >> 8), UInt8(value.count & 255)]) + value }
        func number(_ value: Int64) -> Data { field(Data((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })) }
        func text(_ name: String) -> Data { field(Data((record[name] as? String ?? "").utf8)) }
        func identifier(_ name: String) throws -> Data {
            guard let text = record[name] as? String else { return field(Data()) }
            let uuid = try #require(UUID(uuidString: text))
            return field(unsafe withUnsafeBytes(of: uuid.uuid) { unsafe Data($0) })
        }
        func moment() throws -> Data {
            let text = try #require(record["at"] as? String)
            let (whole, rest) = (text.prefix(19), text.dropFirst(19).filter(\.isNumber))
            let date = try #require(ISO8601DateFormatter().date(from: whole + "Z"))
            let fraction = try #require(Int64(rest.padding(toLength: 6, withPad: "0", startingAt: 0)))
            return number(Int64(date.timeIntervalSince1970) * 1_000_000 + fraction)
        }
        func choice(_ name: String, _ names: [String]) throws -> Data {
            field(Data([UInt8(1 + (try #require(names.firstIndex(of: record[name] as? String ?? ""))))]))
        }
        func whole(_ name: String) throws -> Data { number(try #require(record[name] as? Int64)) }
        var bytes = Data([1]) + number(sequence) + (try identifier("id"))
        switch log {
        case .actions:
            bytes += try choice("actorKind", ["user", "platform_admin", "service"]) + identifier("actor")
            for name in ["action", "subjectKind", "subject", "reason"] { bytes += text(name) }
            let details = try #require(record["details"] as? [[String]])
            bytes += try moment() + number(Int64(details.count))
            for word in details.joined() { bytes += field(Data(word.utf8)) }
        case .documents:
            for name in ["channel", "agent", "document"] { bytes += text(name) }
            bytes += try choice("act", ["read", "created", "changed", "deleted"]) + moment()
        case .requests:
            bytes += try identifier("key") + text("method") + text("path") + whole("status") + text("refusal")
            bytes += try text("address") + whole("microseconds") + text("requestID") + moment()
        }
        return bytes
    }
}
