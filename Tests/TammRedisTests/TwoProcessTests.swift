import Foundation
import TestCommands
import Testing

@Suite("A limit that two processes share", .timeLimit(.minutes(15)))
struct TwoProcessTests {
    @Test(arguments: [1, 500])
    func `admits exactly what it says, to both of them together`(limit: Int) async throws {
        let url = try SharedServer.environment("TAMM_REDIS_URL")
        let subject = UUID().uuidString
        let peers = try (0..<2).map { _ in try Program(builtBeside: "test-peer", ["limits", url, subject, "\(limit)"]) }
        // Both are there before either begins.
        for peer in peers { #expect(try await peer.ask("check 0") == "0") }
        var admitted = [0, 0]
        for _ in 0..<4 {
            async let first = peers[0].ask("check 300")
            async let second = peers[1].ask("check 300")
            let answers = try await [first, second].map { Int($0) ?? 0 }
            for index in answers.indices { admitted[index] += answers[index] }
        }
        print("of 2400 requests \(admitted[0]) and \(admitted[1]) were admitted, at a limit of \(limit)")
        #expect(admitted[0] + admitted[1] == limit)
        for peer in peers { peer.end() }
    }
}
