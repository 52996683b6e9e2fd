import TammCore

extension StoreLaw {
    static let auditLaws: [StoreLaw] = [
        StoreLaw("audit.values", .access, "Every field of an audit entry survives, byte for byte, up to its bounds") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let made = try context.audits(of: workspace)
            let ids = made.map(\.id).sorted()
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.append(made)
                return try t.auditEntries(of: workspace, after: nil, limit: maximumPage)
            }
            let kept = try await audit(of: workspace, in: store)
            for (rows, what) in [(found, "in the same transaction"), (kept, "in the next transaction")] {
                try context.expect(rows.map(\.id), ids, "the entries \(what)")
                for entry in made {
                    guard let row = rows.first(where: { $0.id == entry.id }) else { continue }
                    try context.expect(row, entry, "the entry \(what)")
                    try context.expect(row.bytes, entry.bytes, "the bytes of its texts \(what)")
                }
            }
        },
        StoreLaw(
            "audit.none", .access,
            "A workspace of which nothing was recorded has no audit entries, nor has one that is not there"
        ) { store, context in
            for workspace in [try await context.workspace(in: store), context.id()] {
                try context.expect(try await audit(of: workspace, in: store), [], "the entries")
            }
        },
        StoreLaw(
            "audit.taken", .access,
            "An audit entry whose identifier is taken is a conflict, and the one that is there stays as it was"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            let other = try context.audit(of: tenant.id, id: tenant.audit.id, reason: "Another reason")
            for entry in [other, tenant.audit] {
                try await context.expect(.conflict, from: store, as: .service, "recorded again") { t throws(TammError) in
                    try t.append([entry])
                }
                try context.expect(try await audit(of: tenant.id, in: store), [tenant.audit], "the entries after it")
            }
        },
        StoreLaw(
            "audit.twice", .access, "Of two audit entries that are added at once with one identifier, neither is kept"
        ) { store, context in
            let workspace = try await context.workspace(in: store)
            let first = try context.audit(of: workspace)
            let second = try context.audit(of: workspace, id: first.id, reason: "Another reason")
            try await context.expect(.conflict, from: store, as: .service, "recorded twice") { t throws(TammError) in
                try t.append([first, second])
            }
            try context.expect(try await audit(of: workspace, in: store), [], "the entries after it")
        },
        StoreLaw("audit.separate", .access, "Two workspaces may have audit entries of the same identifier") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let same = try context.audit(of: other, id: tenant.audit.id, reason: "Another reason")
            try await store.transaction(as: .service) { t throws(TammError) in try t.append([same]) }
            try context.expect(try await audit(of: tenant.id, in: store), [tenant.audit], "the first workspace's")
            try context.expect(try await audit(of: other, in: store), [same], "the second workspace's")
        },
        StoreLaw("audit.homeless", .access, "An audit entry of a workspace that is not there is refused") {
            store, context in
            let entry = try context.audit(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "recorded by the service") {
                t throws(TammError) in
                try t.append([entry])
            }
            try context.expect(try await audit(of: entry.workspace, in: store), [], "the entries after it")
        },
        StoreLaw(
            "audit.caught", .access,
            "Audit entries that are refused together leave none behind, though the transaction goes on and commits"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            let (good, later) = (try context.audit(of: tenant.id), try context.audit(of: tenant.id))
            let homeless = try context.audit(of: context.id())
            for bad in [tenant.audit, homeless] {
                let isCaught = try await store.transaction(as: .service) { t throws(TammError) in
                    do throws(TammError) { try t.append([good, bad]) } catch { return true }
                    return false
                }
                try context.expect(isCaught, true, "refused")
                try context.expect(try await audit(of: tenant.id, in: store), [tenant.audit], "the entries after it")
            }
            let all = [tenant.audit, good, later].sorted { $0.id < $1.id }
            try await store.transaction(as: .service) { t throws(TammError) in try t.append([later, good]) }
            try context.expect(try await audit(of: tenant.id, in: store), all, "the entries after the next")
        },
        StoreLaw("rollback.audit", .unitOfWork, "A transaction that throws leaves no audit entry behind") {
            store, context in
            let (tenant, bare) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let more = [try context.audit(of: bare), try context.audit(of: tenant.id), try context.audit(of: bare)]
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.append(more)
                try t.append([])
            }
            try context.expect(try await audit(of: tenant.id, in: store), [tenant.audit], "the entries")
            try context.expect(try await audit(of: bare, in: store), [], "the entries of the other workspace")
            try await store.transaction(as: .service) { t throws(TammError) in try t.append(more) }
            try context.expect(
                try await audit(of: bare, in: store), [more[0], more[2]].sorted { $0.id < $1.id },
                "the entries when they are added again")
        },
        StoreLaw("isolation.audit", .unitOfWork, "Of those who add the same audit entry at once, one does") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let entry = try context.audit(of: workspace)
            let codes = try await withThrowingTaskGroup(of: TammError.Code?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        await context.failure(in: store, as: .service) { t throws(TammError) in try t.append([entry]) }?
                            .code
                    }
                }
                return try await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
            }
            try context.expect(codes.count { $0 == nil }, 1, "how many added it")
            try context.expect(codes.count { $0 == .conflict }, 7, "how many were refused")
            try context.expect(try await audit(of: workspace, in: store), [entry], "the entries")
        },
        StoreLaw(
            "pages.audit", .access,
            "Audit entries are paged in the order of their identifiers, unsigned, whenever they were added"
        ) { store, context in
            let workspace = try await context.workspace(in: store)
            _ = try await context.tenant(in: store)
            let ids: [Identifier<AuditEntry>] = context.scattered()
            let made = try ids.enumerated().map { index, id throws(TammError) in
                try context.audit(of: workspace, id: id, at: context.at(Int64(index % 3)))
            }
            for part in [made[..<3], made[3...]] {
                try await store.transaction(as: .service) { t throws(TammError) in try t.append(Array(part)) }
            }
            let listing = Listing<AuditEntry, Identifier<AuditEntry>>(by: { $0.id }) {
                t, cursor, limit throws(TammError) in try t.auditEntries(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.auditEntries(of: workspace, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw("writes.audit_logs", .access, "Audit entries are added by the service alone") { store, context in
            let cast = try await context.cast(in: store)
            var wanted = [cast.seen.audit]
            for observer in cast.observers {
                let entry = try context.audit(of: cast.seen.id)
                let isService = observer.standing == .service
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.append([entry])
                }
                try context.expect(error?.code, isService ? nil : .forbidden, "the error for \(observer.name)")
                if isService { wanted.append(entry) }
                wanted.sort { $0.id < $1.id }
                try context.expect(
                    try await audit(of: cast.seen.id, in: store), wanted, "the entries after \(observer.name)")
            }
        },
        StoreLaw(
            "audit.platform", .access,
            "What belongs to no workspace is recorded in the platform's place, which every store has, for its administrators"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let entry = try context.audit(of: Workspace.platform.id)
            let before = Identifier<AuditEntry>(high: entry.id.high, low: entry.id.low - 1)
            try await store.transaction(as: .service) { t throws(TammError) in try t.append([entry]) }
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    (
                        try t.workspace(Workspace.platform.id),
                        try t.auditEntries(of: Workspace.platform.id, after: before, limit: 1)
                    )
                }
                let isPlatform = [.service, .platformAdmin].contains(observer.standing)
                try context.expect(found.0, isPlatform ? .platform : nil, "the platform's place to \(observer.name)")
                try context.expect(found.1, isPlatform ? [entry] : [], "the entry to \(observer.name)")
            }
        },
    ]

    /// The first thousand audit entries of the workspace, as the service sees them.
    private static func audit(
        of workspace: Identifier<Workspace>, in store: any TammStore
    ) async throws(TammError) -> [AuditEntry] {
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.auditEntries(of: workspace, after: nil, limit: maximumPage)
        }
    }
}

extension LawContext {
    /// An audit entry that nobody has recorded yet.
    func audit(
        of workspace: Identifier<Workspace>, id: Identifier<AuditEntry>? = nil, reason: String = "Asked for by the owner",
        at moment: Timestamp? = nil
    ) throws(TammError) -> AuditEntry {
        try AuditEntry(
            id: id ?? self.id(), workspace: workspace, actor: .service, action: AuditAction("plan.assigned"),
            subject: AuditSubject(kind: "workspace", id: workspace), reason: reason,
            details: [AuditDetail("plan", "growth@2")], at: moment ?? base)
    }

    /// Audit entries with every field at its bounds: of every actor, with no detail and the most.
    func audits(of workspace: Identifier<Workspace>) throws(TammError) -> [AuditEntry] {
        let actors = [AuditActor.user(id()), .platformAdmin(id()), .service]
        let texts = [
            "O'Brien \\ \"quotes\" %s $1 ; --", "سبب", "e\u{301} is not \u{e9}", "\u{e9}", " blanks at both ends ", "{}", "",
        ]
        var details: [AuditDetail] = []
        for index in 0..<14 { details.append(try AuditDetail("z.\(14 - index)", texts[index % texts.count])) }
        details.append(try AuditDetail(String(repeating: "n", count: 64), String(repeating: "é", count: 127) + "v"))
        details.append(try AuditDetail("a", ""))
        var entries: [AuditEntry] = []
        for (index, moment) in [Timestamp.min, base, .max].enumerated() {
            entries.append(
                try AuditEntry(
                    id: id(), workspace: workspace, actor: actors[index],
                    action: AuditAction(["a", "payment.confirmed", String(repeating: "z", count: 64)][index]),
                    subject: AuditSubject(
                        kind: ["k", "api-key_2", String(repeating: "k", count: 64)][index],
                        id: ["1", texts[0], String(repeating: "é", count: 127) + "i"][index]),
                    reason: ["", texts[1] + texts[2] + texts[3], String(repeating: "😀", count: 125)][index],
                    details: [[], Array(details.prefix(1)), details][index], at: moment))
        }
        return entries
    }
}

extension AuditEntry {
    /// The bytes of each text that people write.
    fileprivate var bytes: [[UInt8]] { ([subject.id, reason] + details.map(\.value)).map { Array($0.utf8) } }
}
