import TammTesting
import Testing

@testable import TammCore

struct AuditCheckpointTests {
    private static let key = Secret("a key that the database does not hold")

    private func code(_ text: String, _ key: Secret = Self.key) -> TammError.Code? {
        caught { () throws(TammError) in _ = try AuditCheckpoint(text: text, key: key) }?.code
    }

    @Test func `A checkpoint survives its export, in the documented form`() async throws {
        let script = try await AuditScript.run()
        let taken = try await script.trail.checkpoint(workspace: script.workspace, at: Bank.start, as: .service)
        let text = taken.text(key: Self.key)
        #expect(try AuditCheckpoint(text: text, key: Self.key) == taken)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "tamm-audit-checkpoint 1" && lines[1] == "taken 2026-01-01T00:00:00Z")
        #expect(lines[2] == "head \(script.workspace) audit_logs 5 \(try await script.head(.actions).hash)")
        #expect(lines.count == 7 && lines[5].hasPrefix("hmac ") && lines[6] == "")
    }

    @Test func `What a checkpoint noted is compared a month later`() async throws {
        let script = try await AuditScript.run()
        let (trail, key, now) = (script.trail, Self.key, Bank.start)
        // snippet: checkpoint
        let noted = try await trail.checkpoint(at: now, as: .service).text(key: key)
        // … kept elsewhere, and a month later:
        let checkpoint = try AuditCheckpoint(text: noted, key: key)
        let report = try await trail.verify(against: checkpoint, as: .service)
        for finding in report.findings { print(finding) }
        // end snippet
        #expect(report.isClean && report.chains == 3 && report.records == 14)
    }

    @Test func `One in which a bit is flipped, a line is more or less, or of another key or kind, is refused`() async throws {
        let script = try await AuditScript.run()
        let text = try await script.trail.checkpoint(at: Bank.start, as: .service).text(key: Self.key)
        #expect(code(text) == nil && code(text, Secret("another")) == .unauthenticated)
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 7)
            let found = code(String(decoding: changed, as: UTF8.self))
            #expect(found == .invalidInput || found == .unauthenticated, "byte \(index)")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lines.remove(at: 3)
        #expect(code(lines.joined(separator: "\n")) == .unauthenticated)
        let ledger = LedgerCheckpoint(takenAt: Bank.start, heads: []).text(key: Self.key)
        #expect(code(ledger) == .invalidInput && code("") == .invalidInput)
    }
}
