import TammCore

extension StoreLaw {
    static let apiKeyReaderLaws: [StoreLaw] = [
        StoreLaw(
            "readers.refresh", .access, "Each request for a refresh has a higher number than all before it, until the next"
        ) { store, context in
            var last = try await store.transaction(as: .service) { t throws(TammError) in try t.refreshNumber() }
            for _ in 0..<3 {
                let (asked, read) = try await store.transaction(as: .service) { t throws(TammError) in
                    (try t.askForRefresh(), try t.refreshNumber())
                }
                try context.expect(asked > last, true, "whether \(asked) is above \(last)")
                try context.expect(read, asked, "the number in the same transaction")
                last = asked
            }
            let kept = try await store.transaction(as: .service) { t throws(TammError) in try t.refreshNumber() }
            try context.expect(kept >= last, true, "whether \(kept) is at least \(last), in the next transaction")
            try await context.rollBack(in: store) { t throws(TammError) in _ = try t.askForRefresh() }
        },
        StoreLaw(
            "readers.rows", .access, "A reader is there as it was put, acknowledges more and never less, and may go"
        ) { store, context in
            let ids: [Identifier<APIKeyReader>] = [context.id(), context.id()]
            let stay = APIKeyReader(id: ids[1], staleness: .microseconds(1), acknowledged: 0)
            try await put(stay, in: store)
            for (acknowledged, wanted) in [(3, 3), (2, 3), (Int64.max - 1, .max - 1)] as [(Int64, Int64)] {
                try await put(APIKeyReader(id: ids[0], staleness: .seconds(1), acknowledged: acknowledged), in: store)
                let found = try await readers(ids, in: store)
                let reader = APIKeyReader(id: ids[0], staleness: .seconds(1), acknowledged: wanted)
                try context.expect(found, [reader, stay].sorted { $0.id < $1.id }, "the readers")
            }
            try await remove(ids[0], acknowledgedBefore: .max - 1, in: store)
            try context.expect(try await readers(ids, in: store).count, 2, "how many, of which none was behind")
            try await remove(ids[0], acknowledgedBefore: .max, in: store)
            try context.expect(try await readers(ids, in: store), [stay], "the readers left")
            try await remove(ids[1], acknowledgedBefore: 1, in: store)
            try context.expect(try await readers(ids, in: store), [], "the readers at the end")
        },
        StoreLaw("rollback.reader", .unitOfWork, "A transaction that throws leaves every reader as it was") {
            store, context in
            let ids: [Identifier<APIKeyReader>] = [context.id(), context.id()]
            let reader = APIKeyReader(id: ids[0], staleness: .milliseconds(5), acknowledged: 1)
            try await put(reader, in: store)
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.put(APIKeyReader(id: ids[1], staleness: .milliseconds(5), acknowledged: 1))
                try t.put(APIKeyReader(id: ids[0], staleness: .milliseconds(6), acknowledged: 2))
                try t.remove(ids[0], acknowledgedBefore: .max)
            }
            try context.expect(try await readers(ids, in: store), [reader], "the readers")
            try await remove(ids[0], acknowledgedBefore: .max, in: store)
        },
        StoreLaw("readers.service", .access, "Readers are the service's alone") { store, context in
            let cast = try await context.cast(in: store)
            let reader = APIKeyReader(id: context.id(), staleness: .seconds(1), acknowledged: 0)
            for observer in cast.observers where observer.principal != .service {
                let principal = observer.principal
                try await context.expect(.forbidden, from: store, as: principal, "the number for \(observer.name)") {
                    t throws(TammError) in _ = try t.refreshNumber()
                }
                try await context.expect(.forbidden, from: store, as: principal, "a refresh by \(observer.name)") {
                    t throws(TammError) in _ = try t.askForRefresh()
                }
                try await context.expect(.forbidden, from: store, as: principal, "readers for \(observer.name)") {
                    t throws(TammError) in _ = try t.apiKeyReaders()
                }
                try await context.expect(.forbidden, from: store, as: principal, "a reader by \(observer.name)") {
                    t throws(TammError) in try t.put(reader)
                }
                try await context.expect(.forbidden, from: store, as: principal, "a removal by \(observer.name)") {
                    t throws(TammError) in try t.remove(reader.id, acknowledgedBefore: .max)
                }
            }
            try context.expect(try await readers([reader.id], in: store), [], "the readers")
        },
    ]

    private static func put(_ reader: APIKeyReader, in store: any TammStore) async throws(TammError) {
        try await store.transaction(as: .service) { t throws(TammError) in try t.put(reader) }
    }

    private static func remove(
        _ reader: Identifier<APIKeyReader>, acknowledgedBefore number: Int64, in store: any TammStore
    ) async throws(TammError) {
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.remove(reader, acknowledgedBefore: number)
        }
    }

    /// Of the store's readers those, for other laws have readers of their own.
    private static func readers(
        _ ids: [Identifier<APIKeyReader>], in store: any TammStore
    ) async throws(TammError) -> [APIKeyReader] {
        try await store.transaction(as: .service) { t throws(TammError) in try t.apiKeyReaders() }
            .filter { ids.contains($0.id) }
    }
}
