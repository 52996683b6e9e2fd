import TammTesting
import Testing

@testable import TammCore

struct BookComparisonTests {
    private func book(_ count: Int) async throws -> (Takeover, [BookRow]) {
        let takeover = try Takeover()
        var rows: [BookRow] = []
        for number in 1...count {
            let lots = try [GrantTerms(number.credits, .purchased)]
            try await takeover.adopt(Takeover.workspace(number, plan: nil, lots: lots))
            rows.append(BookRow(workspace: Takeover.id(number), available: number.credits))
        }
        return (takeover, rows.sorted { $0.workspace < $1.workspace })
    }

    @Test func `Two books that say the same agree, over as many pages as they have`() async throws {
        let (takeover, rows) = try await book(450)
        let comparison = try await Shadow(wallets: takeover.tamm.wallets).compareBook(rows, as: .service)
        #expect(comparison.agrees && comparison.agreed == 450 && comparison.differences.isEmpty)
        #expect(comparison.theirs == comparison.ours && comparison.ours == 101_475_000_000)
    }

    @Test func `What differs, is missing here or is missing there is listed in order`() async throws {
        let (takeover, rows) = try await book(9)
        var theirs = rows
        theirs[2] = BookRow(workspace: rows[2].workspace, available: 99.credits)
        theirs.remove(at: 8)
        theirs.remove(at: 5)
        theirs.remove(at: 0)
        let unknown = BookRow(
            workspace: Identifier(high: rows[3].workspace.high, low: rows[3].workspace.low + 1), available: 4.credits)
        theirs.append(unknown)
        theirs.sort { $0.workspace < $1.workspace }
        let comparison = try await Shadow(wallets: takeover.tamm.wallets).compareBook(theirs, as: .service)
        #expect(comparison.agreed == 5 && comparison.differing == 1)
        #expect(comparison.missingHere == 1 && comparison.missingThere == 3 && !comparison.agrees)
        #expect(
            comparison.differences.map(\.workspace)
                == [rows[0].workspace, rows[2].workspace, unknown.workspace, rows[5].workspace, rows[8].workspace])
        #expect(comparison.differences.map { $0.theirs } == [nil, 99.credits, 4.credits, nil, nil])
        #expect(
            comparison.differences.map { $0.ours }
                == [rows[0].available, rows[2].available, nil, rows[5].available, rows[8].available])
    }

    @Test func `A workspace's wallets count together, and what has expired does not`() async throws {
        let (takeover, rows) = try await book(2)
        let other = try await takeover.tamm.wallets.open(in: rows[0].workspace, named: "campaign", as: .service)
        let terms = try GrantTerms(50.credits, .purchased)
        let brief = try GrantTerms(7.credits, .purchased, expiresAt: takeover.time.now.advanced(by: .days(1)))
        _ = try await takeover.tamm.wallets.grant(terms, to: other, key: "gift".key, as: .service)
        _ = try await takeover.tamm.wallets.grant(brief, to: other, key: "brief".key, as: .service)
        takeover.time.advance(by: .days(1))
        let total = try rows[0].available.adding(50.credits)
        let theirs = [BookRow(workspace: rows[0].workspace, available: total), rows[1]]
        #expect(try await Shadow(wallets: takeover.tamm.wallets).compareBook(theirs, as: .service).agrees)
    }

    @Test func `Rows in another order are refused, and the service alone compares books`() async throws {
        let (takeover, rows) = try await book(3)
        let shadow = Shadow(wallets: takeover.tamm.wallets)
        for wrong in [[rows[0], rows[2], rows[1]], [rows[0], rows[1], rows[1]]] {
            let error = await failure { try await shadow.compareBook(wrong, as: .service) }
            #expect(error?.code == .invalidInput && error?.field == "rows[2].workspace")
        }
        let owner = Principal.user(Takeover.id(100), in: rows[0].workspace)
        #expect(await failure { try await shadow.compareBook(rows, as: owner) }?.code == .forbidden)
        #expect(try await shadow.compareBook([], as: .service).missingThere == 3)
    }
}
