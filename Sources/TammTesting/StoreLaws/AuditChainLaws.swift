import TammCore

extension StoreLaw {
    static let auditChainLaws: [StoreLaw] =
        AuditLog.allCases.map(valuesLaw) + [AuditLog.documents, .requests].map(writesLaw)
        + AuditLog.allCases.map(refusalLaw) + [
            StoreLaw(
                "audit.chain", .access,
                "Records are numbered from 1 in the order in which they are added, and chained as AuditChain says"
            ) { store, context in
                for log in AuditLog.allCases {
                    let place = AuditPlace(workspace: try await context.workspace(in: store), log: log)
                    var wanted = Model(place)
                    for count in [1, 3, 2] {
                        let records = try context.records(count, in: place)
                        wanted.append(records)
                        try await store.transaction(as: .service) { t throws(TammError) in try t.record(records) }
                        try await wanted.check(store, context)
                    }
                }
            },
            StoreLaw(
                "audit.chain.together", .access,
                "What one transaction adds in several steps is chained, and it sees its own records and heads"
            ) { store, context in
                for log in AuditLog.allCases {
                    let place = AuditPlace(workspace: try await context.workspace(in: store), log: log)
                    let parts = [try context.records(2, in: place), try context.records(1, in: place)]
                    var wanted = Model(place)
                    for part in parts { wanted.append(part) }
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        for part in parts { try t.record(part) }
                        return try Found(place, in: t)
                    }
                    try context.expect(found.links, wanted.links, "the chain in the same transaction")
                    try context.expect(found.heads, [wanted.head], "the head in the same transaction")
                    try await wanted.check(store, context)
                }
            },
            StoreLaw(
                "audit.chain.separate", .access,
                "The chains of two workspaces, and of two logs of one, know nothing of each other"
            ) { store, context in
                let workspaces = [try await context.workspace(in: store), try await context.workspace(in: store)]
                let places = workspaces.flatMap { workspace in
                    AuditLog.allCases.map { AuditPlace(workspace: workspace, log: $0) }
                }
                for _ in 0..<2 {
                    var mixed: [AuditRecord] = []
                    for _ in 0..<2 { for place in places { mixed += try context.records(1, in: place) } }
                    let records = mixed
                    try await store.transaction(as: .service) { t throws(TammError) in try t.record(records) }
                }
                for place in places {
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try Found(place, in: t)
                    }
                    var wanted = Model(place)
                    for half in [found.links.prefix(2), found.links.dropFirst(2)] { wanted.append(half.map(\.record)) }
                    try context.expect(found.links.count, 4, "the records of \(place.log)")
                    try context.expect(found.links, wanted.links, "the chain of \(place.log)")
                    try context.expect(found.heads.filter { $0.place == place }, [wanted.head], "its head")
                }
            },
            StoreLaw("audit.heads.none", .access, "A chain in which nothing is has no head") { store, context in
                let (bare, tenant) = (try await context.workspace(in: store), try await context.tenant(in: store))
                for workspace in [bare, context.id()] {
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.auditHeads(of: workspace, after: nil, limit: maximumPage)
                    }
                    try context.expect(found, [], "the heads")
                }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.auditHeads(of: tenant.id, after: nil, limit: maximumPage).map(\.place.log)
                }
                try context.expect(found, AuditLog.allCases.sorted(), "the logs of a tenant, in order")
            },
            StoreLaw(
                "rollback.audit.chain", .unitOfWork,
                "A transaction that throws leaves every chain as it was, and the next one goes on from there"
            ) { store, context in
                let tenant = try await context.tenant(in: store)
                for record in tenant.records {
                    var wanted = Model(record.place)
                    wanted.append([record])
                    let (lost, kept) = (try context.records(3, in: record.place), try context.records(2, in: record.place))
                    try await context.rollBack(in: store) { t throws(TammError) in
                        try t.record(lost)
                        try t.record(kept)
                    }
                    try await wanted.check(store, context)
                    wanted.append(kept)
                    try await store.transaction(as: .service) { t throws(TammError) in try t.record(kept) }
                    try await wanted.check(store, context)
                }
            },
            StoreLaw(
                "isolation.audit.chain", .unitOfWork,
                "A chain to which many add at once has neither gaps nor forks, and holds everything once"
            ) { store, context in
                for log in AuditLog.allCases {
                    let place = AuditPlace(workspace: try await context.workspace(in: store), log: log)
                    var parts: [[AuditRecord]] = []
                    for index in 0..<8 { parts.append(try context.records(1 + index % 3, in: place)) }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for part in parts {
                            group.addTask {
                                try await store.transaction(as: .service) { t throws(TammError) in
                                    _ = try t.workspace(place.workspace)
                                    try t.record(part)
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try Found(place, in: t)
                    }
                    var (wanted, left) = (Model(place), parts)
                    while wanted.links.count < found.links.count {
                        let next = found.links[wanted.links.count].record
                        guard let index = left.firstIndex(where: { $0.first == next }) else {
                            throw context.violation("the first record of one that added", "\(next)")
                        }
                        wanted.append(left.remove(at: index))
                    }
                    try context.expect(left.count, 0, "those whose records are not there")
                    try context.expect(found.links, wanted.links, "the chain of \(log)")
                    try context.expect(found.heads, [wanted.head], "the head of \(log)")
                }
            },
            StoreLaw("pages.audit.chain", .access, "A chain is paged in its order, whatever the identifiers are") {
                store, context in
                for log in AuditLog.allCases {
                    let place = AuditPlace(workspace: try await context.workspace(in: store), log: log)
                    let records = try context.records(5, in: place).sorted { $0.id.low < $1.id.low }
                    try await store.transaction(as: .service) { t throws(TammError) in try t.record(records) }
                    var wanted = Model(place)
                    wanted.append(records)
                    let listing = Listing<ChainedRecord, Int64>(by: { $0.sequence }) { t, cursor, limit throws(TammError) in
                        try t.auditChain(place, after: cursor, limit: limit)
                    }
                    try await listing.check(wanted.links, in: store, context)
                    for (cursor, count) in [(Int64.min, 5), (0, 5), (5, 0), (Int64.max, 0)] {
                        let found = try await store.transaction(as: .service) { t throws(TammError) in
                            try t.auditChain(place, after: cursor, limit: maximumPage).count
                        }
                        try context.expect(found, count, "the records after \(cursor)")
                    }
                }
            },
            StoreLaw("pages.audit.heads", .access, "Heads are paged by workspace and log, of one workspace or of all") {
                store, context in
                var places: [AuditPlace] = []
                for _ in 0..<3 {
                    let workspace = try await context.workspace(in: store)
                    places += AuditLog.allCases.map { AuditPlace(workspace: workspace, log: $0) }
                }
                places.sort()
                for place in places {
                    let records = try context.records(1, in: place)
                    try await store.transaction(as: .service) { t throws(TammError) in try t.record(records) }
                }
                for workspace in Set(places.map(\.workspace)) {
                    let mine = places.filter { $0.workspace == workspace }
                    for start in 0...mine.count {
                        let cursor = start == 0 ? nil : mine[start - 1]
                        let found = try await store.transaction(as: .service) { t throws(TammError) in
                            try t.auditHeads(of: workspace, after: cursor, limit: 2).map(\.place)
                        }
                        try context.expect(found, Array(mine[start...].prefix(2)), "the heads after \(start)")
                    }
                }
                var (found, cursor): ([AuditPlace], AuditPlace?) = ([], places.first)
                while let after = cursor, after < places[places.count - 1] {
                    let page = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.auditHeads(of: nil, after: after, limit: 100).map(\.place)
                    }
                    found += page
                    cursor = page.last
                }
                let mine = found.filter { place in places.contains { $0.workspace == place.workspace } }
                try context.expect(mine, Array(places.dropFirst()), "the heads of all, after the first")
            },
        ]

    private static func valuesLaw(_ log: AuditLog) -> StoreLaw {
        StoreLaw(
            "values.\(log.rawValue)", .access,
            "Every field of a record of \(log.rawValue) survives up to its bounds, and its hash is that of its bytes"
        ) { store, context in
            let place = AuditPlace(workspace: try await context.workspace(in: store), log: log)
            var wanted = Model(place)
            for record in try context.fullRecords(in: place) {
                wanted.append([record])
                try await store.transaction(as: .service) { t throws(TammError) in try t.record([record]) }
            }
            try await wanted.check(store, context)
        }
    }

    private static func refusalLaw(_ log: AuditLog) -> StoreLaw {
        StoreLaw(
            "refused.\(log.rawValue)", .access,
            "A record of \(log.rawValue) that is there, given twice or homeless is refused and leaves the chain as it was"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            guard let present = tenant.records.first(where: { $0.log == log }) else { return }
            var wanted = Model(present.place)
            wanted.append([present])
            let more = try context.records(2, in: present.place)
            let homeless = try context.records(1, in: AuditPlace(workspace: context.id(), log: log))
            for (records, code) in [
                ([more[0], present], TammError.Code.conflict), ([more[0], more[1], more[0]], .conflict),
                (more + homeless, .notFound),
            ] {
                try await context.expect(code, from: store, as: .service, "refused") { t throws(TammError) in
                    try t.record(records)
                }
                try await wanted.check(store, context)
                // Caught, the transaction goes on, and what it adds then is chained.
                if code == .notFound { wanted.append([more[1]]) }
                try await store.transaction(as: .service) { t throws(TammError) in
                    do throws(TammError) { try t.record(records) } catch {
                        if code == .notFound { try t.record([more[1]]) }
                    }
                }
                try await wanted.check(store, context)
            }
        }
    }

    private static func writesLaw(_ log: AuditLog) -> StoreLaw {
        StoreLaw("writes.\(log.rawValue)", .access, "Records of \(log.rawValue) are added by the service alone") {
            store, context in
            let cast = try await context.cast(in: store)
            let place = AuditPlace(workspace: cast.seen.id, log: log)
            var wanted = Model(place)
            wanted.append(cast.seen.records.filter { $0.log == log })
            for observer in cast.observers {
                let record = try context.records(1, in: place)
                let isService = observer.standing == .service
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.record(record)
                }
                try context.expect(error?.code, isService ? nil : .forbidden, "the error for \(observer.name)")
                if isService { wanted.append(record) }
                try await wanted.check(store, context)
            }
        }
    }
}

/// A chain as it has to be.
private struct Model {
    private(set) var links: [ChainedRecord] = []
    private(set) var head: AuditHead

    init(_ place: AuditPlace) { head = AuditHead(emptyAt: place) }

    mutating func append(_ records: [AuditRecord]) {
        let (more, next) = AuditChain.chain(records, after: head)
        links += more
        head = next
    }

    func check(_ store: any TammStore, _ context: LawContext) async throws {
        let place = head.place
        let found = try await store.transaction(as: .service) { t throws(TammError) in try Found(place, in: t) }
        try context.expect(found.links, links, "the chain of \(place.log.rawValue)")
        try context.expect(
            found.heads.filter { $0.place == place }, head.sequence == 0 ? [] : [head],
            "the head of \(place.log.rawValue)")
    }
}

/// A chain as it is.
private struct Found: Sendable {
    let links: [ChainedRecord]
    let heads: [AuditHead]

    init(_ place: AuditPlace, in t: borrowing some AuditRecords & ~Copyable) throws(TammError) {
        links = try t.auditChain(place, after: nil, limit: maximumPage)
        heads = try t.auditHeads(of: place.workspace, after: nil, limit: maximumPage)
    }
}
