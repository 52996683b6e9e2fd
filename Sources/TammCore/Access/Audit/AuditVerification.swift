/// What recomputing the chains of the audit logs has found.
public struct AuditVerification: Sendable, Hashable {
    /// One thing that does not fit.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        public let place: AuditPlace
        /// The record at which it shows, where it is one record's: the first of its link that may be bad.
        public let sequence: Int64?
        public let problem: Problem
        /// What was wanted and what was found.
        public let detail: String

        public var description: String {
            "\(place.log.rawValue) of \(place.workspace)" + (sequence.map { " record \($0)" } ?? "")
                + ": \(problem.rawValue): \(detail)"
        }
    }

    /// What kind of thing does not fit.
    public enum Problem: String, Sendable, Hashable, CaseIterable {
        /// A record's number does not follow the one before: something was removed, moved or put in.
        case gap
        /// A link's hash is not that of its records and the link before.
        case chain
        /// Records without a link, or a link of more records than are ever added at once.
        case unlinked
        /// The head does not name the last record: the end was cut off, or something was put there by hand.
        case head
        /// A stored record holds no record's values; its link was not recomputed, those after it were.
        case unreadable
        /// A record of a checkpoint is gone or its link has another hash.
        case checkpoint
    }

    public internal(set) var chains = 0
    public internal(set) var records: Int64 = 0
    /// At most 1,000; there may be more.
    public internal(set) var findings: [Finding] = []

    public var isClean: Bool { findings.isEmpty }

    static let maximumFindings = 1000

    mutating func find(_ problem: Problem, in place: AuditPlace, at sequence: Int64? = nil, _ detail: String) {
        guard findings.count < Self.maximumFindings else { return }
        findings.append(Finding(place: place, sequence: sequence, problem: problem, detail: detail))
    }

    mutating func add(_ other: AuditVerification) {
        chains += other.chains
        records += other.records
        findings.append(contentsOf: other.findings.prefix(max(0, Self.maximumFindings - findings.count)))
    }
}

/// Recomputes one chain, page by page, from its records alone, and compares it with its head.
package struct ChainAuditor {
    private let place: AuditPlace
    private let known: AuditHead?
    private var hash: ChainHash
    private var sequence: Int64 = 0
    /// What the link that is being read covers so far.
    private var open: [AuditLink] = []
    private var noted: ChainHash?
    package private(set) var report = AuditVerification()

    /// - Parameter known: what a checkpoint says of this chain.
    package init(_ place: AuditPlace, known: AuditHead? = nil) {
        (self.place, self.known) = (place, known)
        hash = AuditChain.genesis(place)
        report.chains = 1
    }

    /// Takes the next records, ascending.
    package mutating func take(_ links: [AuditLink]) {
        for next in links {
            if next.sequence != sequence &+ 1 {
                report.find(.gap, in: place, at: next.sequence, "wanted record \(sequence &+ 1), found \(next.sequence)")
            }
            sequence = next.sequence
            report.records += 1
            open.append(next)
            switch next {
            case .record(let record):
                if record.record.place != place {
                    report.find(.chain, in: place, at: next.sequence, "the record is of \(record.record.place)")
                }
                if let found = record.hash { close(with: found) }
            case .unreadable(_, let hash, let why):
                report.find(.unreadable, in: place, at: next.sequence, why)
                if let hash { close(with: hash) }
            }
            if open.count >= maximumPage { leaveOpen() }
        }
    }

    private mutating func close(with found: ChainHash) {
        guard let first = open.first, let last = open.last else { return }
        let records = open.compactMap { if case .record(let record) = $0 { record.record } else { nil } }
        let wanted = AuditChain.hash(records, from: first.sequence, after: hash)
        if records.count == open.count, found != wanted {
            let range = open.count == 1 ? "" : "one of the records \(first.sequence) to \(last.sequence): "
            report.find(.chain, in: place, at: first.sequence, "\(range)wanted hash \(wanted), found \(found)")
        }
        if last.sequence == known?.sequence { noted = found }
        hash = found
        open = []
    }

    private mutating func leaveOpen() {
        guard let first = open.first, let last = open.last else { return }
        report.find(.unlinked, in: place, at: first.sequence, "the records \(first.sequence) to \(last.sequence) end in no link")
        open = []
    }

    /// Compares what was read with the head, and with the checkpoint.
    package mutating func finish(_ head: AuditHead) -> AuditVerification {
        leaveOpen()
        if head.sequence != sequence {
            report.find(
                .head, in: place, at: min(head.sequence, sequence) &+ 1,
                "the head names record \(head.sequence), the last found is \(sequence)")
        } else if head.hash != hash {
            report.find(.head, in: place, "wanted hash \(hash), found \(head.hash)")
        }
        if let known, known.sequence > 0, noted != known.hash {
            report.find(
                .checkpoint, in: place, at: known.sequence,
                "the checkpoint noted \(known.hash), found \(noted.map { "\($0)" } ?? "nothing")")
        }
        return report
    }
}

extension AuditTrail {
    /// Recomputes every chain of a workspace, or of all, from its records.
    ///
    /// Records that are added meanwhile are looked at as well, and no lock is held.
    ///
    /// - Parameter checkpoint: heads noted earlier; a record that they name and that is gone or changed is a finding.
    /// - Throws: `forbidden` without ``Permission/readAudit``; for all workspaces, unless the principal is the service.
    public func verify(
        workspace: Identifier<Workspace>? = nil, against checkpoint: AuditCheckpoint? = nil, as principal: Principal
    ) async throws(TammError) -> AuditVerification {
        var report = AuditVerification()
        var known: [AuditPlace: AuditHead] = [:]
        for head in checkpoint?.heads ?? [] where workspace == nil || head.place.workspace == workspace {
            known[head.place] = head
        }
        try await forEachHead(of: workspace, as: principal) { head throws(TammError) in
            var auditor = ChainAuditor(head.place, known: known.removeValue(forKey: head.place))
            do throws(TammError) {
                let present = try await self.forEachPage(of: head.place, as: principal) { page throws(TammError) in
                    auditor.take(page)
                }
                report.add(auditor.finish(present))
            } catch {
                guard error.code == .corrupted else { throw error }
                report.add(auditor.report)
                report.find(.unreadable, in: head.place, error.message)
            }
        }
        for head in known.values.sorted(by: { $0.place < $1.place }) where head.sequence > 0 {
            report.find(.checkpoint, in: head.place, at: head.sequence, "the checkpoint's chain is gone")
        }
        return report
    }

    func forEachHead(
        of workspace: Identifier<Workspace>?, as principal: Principal,
        _ body: (AuditHead) async throws(TammError) -> Void
    ) async throws(TammError) {
        if workspace == nil, principal != .service {
            throw TammError(.forbidden, "only the service reads the audit logs of all workspaces")
        }
        var cursor: AuditPlace?
        while true {
            let after = cursor
            let page = try await store.transaction(as: principal) { t throws(TammError) in
                if let workspace { try t.require(.readAudit, in: workspace) }
                return try t.auditHeads(of: workspace, after: after, limit: maximumPage)
            }
            for head in page { try await body(head) }
            guard page.count == maximumPage, let last = page.last else { return }
            cursor = last.place
        }
    }

    /// Lends a chain page by page; returns the head as it was with the last of them.
    func forEachPage(
        of place: AuditPlace, as principal: Principal, _ body: ([AuditLink]) async throws(TammError) -> Void
    ) async throws(TammError) -> AuditHead {
        var cursor: Int64?
        while true {
            let after = cursor
            let (page, head) = try await store.transaction(as: principal) { t throws(TammError) in
                try t.require(.readAudit, in: place.workspace)
                let page = try t.auditLinks(place, after: after, limit: maximumPage)
                return (page, try page.count < maximumPage ? t.auditHead(place) : nil)
            }
            if !page.isEmpty { try await body(page) }
            if let head { return head }
            cursor = page.last?.sequence
        }
    }
}

extension AuditRecords where Self: ~Copyable {
    /// The end of one chain; an empty one where nothing is in it.
    package borrowing func auditHead(_ place: AuditPlace) throws(TammError) -> AuditHead {
        let heads = try auditHeads(of: place.workspace, after: nil, limit: AuditLog.allCases.count)
        return heads.first { $0.place == place } ?? AuditHead(emptyAt: place)
    }
}
