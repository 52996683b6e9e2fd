import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct AuditVerificationTests {
    /// A chain and its head, to be falsified.
    struct Books: Sendable {
        var links: [ChainedRecord]
        var head: AuditHead

        init(_ script: AuditScript, _ log: AuditLog) async throws {
            links = try await script.chain(log)
            head = try await script.head(log)
        }

        func audit(known: AuditHead? = nil) -> AuditVerification {
            var auditor = ChainAuditor(head.place, known: known)
            for start in stride(from: 0, to: links.count, by: 2) {
                auditor.take(links[start..<min(start + 2, links.count)].map(AuditLink.record))
            }
            return auditor.finish(head)
        }

        mutating func replace(_ index: Int, _ record: AuditRecord? = nil, sequence: Int64? = nil, hash: ChainHash?? = nil) {
            let link = links[index]
            links[index] = ChainedRecord(
                record ?? link.record, sequence: sequence ?? link.sequence, hash: hash ?? link.hash)
        }

        /// Computes the whole chain anew, as one who has the database and the program can.
        mutating func rechain() {
            let batches = links.map(\.record)
            (links, head) = AuditChain.chain(batches, after: AuditHead(emptyAt: head.place))
        }
    }

    struct Forgery: Sendable, CustomTestStringConvertible {
        let what: String
        let log: AuditLog
        /// The first thing that is found, and where.
        let problem: AuditVerification.Problem
        let sequence: Int64?
        let forge: @Sendable (inout Books) throws -> Void

        init(
            _ what: String, in log: AuditLog = .actions, _ problem: AuditVerification.Problem, at sequence: Int64?,
            _ forge: @escaping @Sendable (inout Books) throws -> Void
        ) {
            (self.what, self.log, self.problem, self.sequence, self.forge) = (what, log, problem, sequence, forge)
        }

        var testDescription: String { what }
    }

    private static func changed(_ record: AuditRecord) throws -> AuditRecord {
        switch record {
        case .action(let entry):
            .action(
                try AuditEntry(
                    id: entry.id, workspace: entry.workspace, actor: entry.actor, action: entry.action,
                    subject: entry.subject, reason: "another", details: entry.details, at: entry.at))
        case .document(let access):
            .document(
                try DocumentAccess(
                    id: access.id, workspace: access.workspace, channel: access.channel, agent: access.agent,
                    document: "another", access.act, at: access.at))
        case .request(let request):
            .request(
                try ExternalRequest(
                    id: request.id, workspace: request.workspace, key: request.key, method: request.method,
                    path: request.path, status: request.status == 599 ? 100 : 599, refusal: request.refusal,
                    address: request.address, microseconds: request.microseconds, requestID: request.requestID,
                    at: request.at))
        }
    }

    static let forgeries: [Forgery] = [
        Forgery("an entry is changed", .chain, at: 3) { $0.replace(2, try changed($0.links[2].record)) },
        Forgery("an access is changed", in: .documents, .chain, at: 1) { $0.replace(0, try changed($0.links[0].record)) },
        Forgery("a request within a batch is changed", in: .requests, .chain, at: 2) {
            $0.replace(2, try changed($0.links[2].record))
        },
        Forgery("the last entry is changed", .chain, at: 5) { $0.replace(4, try changed($0.links[4].record)) },
        Forgery("an entry is removed", .gap, at: 3) { $0.links.remove(at: 1) },
        Forgery("the first entry is removed", .gap, at: 2) { $0.links.removeFirst() },
        Forgery("a request within a batch is removed", in: .requests, .gap, at: 4) { $0.links.remove(at: 2) },
        Forgery("an entry is removed and the rest renumbered", .chain, at: 2) {
            $0.links.remove(at: 1)
            for index in $0.links.indices { $0.replace(index, sequence: Int64(index + 1)) }
        },
        Forgery("two entries change places", .chain, at: 2) {
            let (first, second) = ($0.links[1].record, $0.links[2].record)
            $0.replace(1, second)
            $0.replace(2, first)
        },
        Forgery("two entries change places with their hashes", .chain, at: 2) {
            let (first, second) = ($0.links[1], $0.links[2])
            $0.links[1] = ChainedRecord(second.record, sequence: 2, hash: second.hash)
            $0.links[2] = ChainedRecord(first.record, sequence: 3, hash: first.hash)
        },
        Forgery("two requests of a batch change places", in: .requests, .chain, at: 2) {
            let (first, second) = ($0.links[1].record, $0.links[2].record)
            $0.replace(1, second)
            $0.replace(2, first)
        },
        Forgery("the end is cut off", .head, at: 4) { $0.links.removeLast(2) },
        Forgery("everything is cut off", .head, at: 1) { $0.links = [] },
        Forgery("a batch is cut in the middle", in: .requests, .unlinked, at: 2) { $0.links.removeLast(2) },
        Forgery("a batch ends without its link", in: .requests, .unlinked, at: 5) { $0.replace(4, hash: .some(nil)) },
        Forgery("a batch is cut into two links", in: .requests, .chain, at: 2) {
            $0.replace(2, hash: .some($0.links[3].hash))
        },
        Forgery("the head's hash is replaced", .head, at: nil) {
            $0.head = AuditHead($0.head.place, sequence: $0.head.sequence, hash: AuditChain.genesis($0.head.place))
        },
        Forgery("the head is set back", .head, at: 5) {
            $0.head = AuditHead($0.head.place, sequence: 4, hash: $0.links[3].hash!)
        },
        Forgery("an entry is put at the end by hand", .head, at: 6) {
            let (more, _) = AuditChain.chain([try changed($0.links[0].record)], after: $0.head)
            $0.links += more
        },
        Forgery("an entry is put before the first", .gap, at: 0) {
            $0.links.insert(ChainedRecord($0.links[0].record, sequence: 0, hash: $0.links[0].hash), at: 0)
        },
        Forgery("the chain is another log's", .chain, at: 1) {
            $0.head = AuditHead(
                AuditPlace(workspace: $0.head.place.workspace, log: .documents), sequence: $0.head.sequence,
                hash: $0.head.hash)
        },
    ]

    @Test(arguments: forgeries)
    func `Finds it when`(forgery: Forgery) async throws {
        var books = try await Books(AuditScript.run(), forgery.log)
        #expect(books.audit().isClean)
        try forgery.forge(&books)
        let first = try #require(books.audit().findings.first)
        #expect(first.problem == forgery.problem && first.sequence == forgery.sequence, "\(first)")
    }

    @Test(arguments: AuditLog.allCases)
    func `A chain that is computed anew is found against a checkpoint alone`(log: AuditLog) async throws {
        var books = try await Books(AuditScript.run(), log)
        let known = books.head
        books.replace(0, try Self.changed(books.links[0].record))
        books.rechain()
        #expect(books.audit().isClean)
        let findings = books.audit(known: known).findings
        #expect(findings.map(\.problem) == [.checkpoint] && findings.first?.sequence == known.sequence)
    }

    @Test func `What cannot be read is named, its link is passed over, and what comes after it is recomputed`() async throws {
        for (log, unreadable, changed) in [(AuditLog.actions, 1, 3), (.documents, 0, 2), (.requests, 2, 4)] {
            var books = try await Books(AuditScript.run(), log)
            books.replace(changed, try Self.changed(books.links[changed].record))
            var links = books.links.map(AuditLink.record)
            links[unreadable] = .unreadable(
                sequence: books.links[unreadable].sequence, hash: books.links[unreadable].hash, why: "no such act")
            var auditor = ChainAuditor(books.head.place, known: books.head)
            auditor.take(links)
            let report = auditor.finish(books.head)
            let (first, second) = (Int64(unreadable + 1), Int64(changed + 1))
            #expect(report.findings.map(\.problem) == [.unreadable, .chain], "\(report.findings)")
            #expect(report.findings.map(\.sequence) == [first, second] && report.records == Int64(links.count))
            #expect(report.findings[0].detail == "no such act")
        }
    }

    @Test func `Every chain of a store is verified, in pages, and against what was noted before`() async throws {
        let script = try await AuditScript.run()
        let owner = Principal.user(Bank.ownerID, in: script.workspace)
        let checkpoint = try await script.trail.checkpoint(at: Bank.start, as: .service)
        #expect(checkpoint.heads.map(\.place.log) == AuditLog.allCases.sorted())
        let entropy = SeededEntropy(seed: 3).source
        for size in [1000, 1000, 7] {
            let more = try (0..<size).map { index in
                AuditRecord.request(
                    try ExternalRequest(
                        id: Identifier(at: Bank.start, entropy: entropy), workspace: script.workspace, key: nil,
                        method: "GET", target: "/\(index)", status: 200, duration: .zero, at: Bank.start))
            }
            try await script.trail.record(more, as: .service)
        }
        for principal in [owner, .service] {
            let report = try await script.trail.verify(
                workspace: script.workspace, against: checkpoint, as: principal)
            #expect(report.findings == [] && report.chains == 3 && report.records == 5 + 4 + 5 + 2007)
        }
        #expect(try await script.trail.verify(against: checkpoint, as: .service).isClean)
        let other = try await AuditScript(over: InMemoryStore())
        let lost = try await other.trail.verify(against: checkpoint, as: .service)
        #expect(lost.findings.map(\.problem) == [.checkpoint, .checkpoint, .checkpoint])
        let none = await failure { try await script.trail.verify(as: owner) }
        #expect(none?.code == .forbidden)
        let stranger = await failure {
            try await script.trail.verify(
                workspace: script.workspace, as: .user(Identifier(high: 1, low: 1), in: script.workspace))
        }
        #expect(stranger?.code == .notFound)
    }

    @Test func `A random change of a random record is found, whichever it is`() async throws {
        let seed = TestSeed.current
        print("SEED=\(seed)")
        let entropy = SeededEntropy(seed: seed).source
        for log in AuditLog.allCases {
            let whole = try await Books(AuditScript.run(), log)
            for _ in 0..<200 {
                var books = whole
                let index = Int(entropy.next() % UInt64(books.links.count))
                switch entropy.next() % 5 {
                case 0: books.replace(index, try Self.changed(books.links[index].record))
                case 1: books.links.remove(at: index)
                case 2: books.replace(index, sequence: books.links[index].sequence + 1)
                case 3:
                    guard var bytes = books.links[index].hash?.bytes else { continue }
                    bytes[Int(entropy.next() % 32)] ^= 1 << UInt8(entropy.next() % 8)
                    books.replace(index, hash: .some(ChainHash(bytes)))
                default: books.links.append(books.links[index])
                }
                #expect(!books.audit().isClean)
            }
        }
    }
}
