import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct ExternalRequestLogTests {
    /// A store that fails as it is told.
    private final class Flaky: TammStore {
        enum Mode { case up, down, commitsAndFails, corrupted, held }

        let base = InMemoryStore()
        let mode = Mutex(Mode.up)
        /// What the next transactions find, before the mode holds.
        let next = Mutex<[Mode]>([])
        /// One for each that is held, and one to let it fail.
        let held = AsyncStream<Void>.makeStream()
        let released = AsyncStream<Void>.makeStream()
        /// One for each transaction that went well.
        let commits: AsyncStream<Void>
        private let committed: AsyncStream<Void>.Continuation

        init() { (commits, committed) = AsyncStream.makeStream() }

        func transaction<Value: Sendable>(
            as principal: Principal,
            _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
        ) async throws(TammError) -> Value {
            switch next.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) ?? mode.withLock({ $0 }) {
            case .up:
                defer { committed.yield() }
                return try await base.transaction(as: principal, body)
            case .down: throw TammError(.unavailable, "down")
            case .commitsAndFails:
                _ = try await base.transaction(as: principal, body)
                throw TammError(.unavailable, "lost at commit")
            case .corrupted: throw TammError(.corrupted, "a broken chain")
            case .held:
                held.continuation.yield()
                for await _ in released.stream { break }
                throw TammError(.unavailable, "down, after a while")
            }
        }

        func set(_ mode: Mode) { self.mode.withLock { $0 = mode } }
    }

    private struct House {
        let store = Flaky()
        let script: AuditScript
        let log: ExternalRequestLog
        let entropy = SeededEntropy(seed: 11).source

        init(capacity: Int = 100, batch: Int = 10) async throws {
            script = try await AuditScript(over: store.base)
            var bounds = ExternalRequestLog.Bounds()
            (bounds.capacity, bounds.batch) = (capacity, batch)
            log = try ExternalRequestLog(store: store, bounds: bounds)
        }

        func request(in workspace: Identifier<Workspace>? = nil) throws -> ExternalRequest {
            try ExternalRequest(
                id: Identifier(at: Bank.start, entropy: entropy), workspace: workspace ?? script.workspace, key: nil,
                method: "GET", target: "/", status: 200, duration: .zero, at: Bank.start)
        }

        func note(_ count: Int) throws -> [ExternalRequest] {
            let requests = try (0..<count).map { _ in try request() }
            for request in requests { log.note(request) }
            return requests
        }

        /// What is there, in the order of the chain, and how many links it has.
        func written() async throws -> (requests: [ExternalRequest], links: Int) {
            let chain = try await script.chain(.requests)
            #expect(try await script.trail.verify(workspace: script.workspace, as: .service).isClean)
            return (
                chain.compactMap { if case .request(let request) = $0.record { request } else { nil } },
                chain.count { $0.hash != nil }
            )
        }
    }

    @Test func `Each batch is written as one link, in order`() async throws {
        let house = try await House()
        let requests = try house.note(25)
        #expect(try await house.written().requests.isEmpty, "off the request's path")
        #expect(await house.log.flush())
        let found = try await house.written()
        #expect(found.requests == requests && found.links == 3)
        #expect(house.log.count.written == 25 && house.log.count.waiting == 0)
    }

    @Test func `A batch leaves when it is full, and a smaller one when time has passed`() async throws {
        let house = try await House()
        let running = Task { await house.log.run() }
        var commits = house.store.commits.makeAsyncIterator()
        _ = try house.note(10)
        await commits.next()
        #expect(try await house.written().links == 1)
        _ = try house.note(3)
        #expect(try await house.written().links == 1)
        house.log.tick()
        await commits.next()
        #expect(try await house.written().links == 2)
        #expect(await house.log.shutdown().isEmpty)
        await running.value
        #expect(house.log.count.written == 13)
    }

    @Test func `Requests wait while the store is down, up to the bound, and then new ones are refused and counted`() async throws {
        let house = try await House(capacity: 20)
        house.store.set(.down)
        let kept = try house.note(20)
        #expect(await !house.log.flush())
        for _ in 0..<2 { #expect(house.log.note(try house.request()) == false) }
        #expect(house.log.count.waiting == 20 && house.log.count.overflowed == 2)
        house.store.set(.up)
        #expect(await house.log.flush())
        #expect(try await house.written().requests == kept)
        #expect(house.log.note(try house.request()))
    }

    @Test func `What was committed although the store said otherwise is there once`() async throws {
        let house = try await House()
        let requests = try house.note(25)
        house.store.set(.commitsAndFails)
        #expect(await !house.log.flush())
        house.store.set(.up)
        #expect(await house.log.flush())
        let found = try await house.written()
        #expect(found.requests == requests && found.links == 3)
        #expect(house.log.count.written == 25 && house.log.count.rejected == 0)
    }

    @Test func `One request that is there already is rejected alone, wherever it stands in its batch`() async throws {
        for position in [0, 4, 9] {
            let house = try await House()
            let first = try house.request()
            house.log.note(first)
            #expect(await house.log.flush())
            var batch = try (0..<9).map { _ in try house.request() }
            batch.insert(first, at: position)
            for request in batch { house.log.note(request) }
            #expect(await house.log.flush())
            let found = try await house.written().requests
            #expect(found == [first] + batch.filter { $0 != first })
            #expect(house.log.count.written == 10 && house.log.count.rejected == 1 && house.log.count.waiting == 0)
        }
    }

    @Test func `A request that is noted twice at once is written once`() async throws {
        let house = try await House()
        let requests = try (0..<4).map { _ in try house.request() }
        for request in requests + [requests[1], requests[2], requests[2]] { house.log.note(request) }
        #expect(await house.log.flush())
        let found = try await house.written()
        #expect(found.requests == requests && found.links == 1)
        #expect(house.log.count.written == 4 && house.log.count.rejected == 3 && house.log.count.waiting == 0)
    }

    /// The store failed before it had taken the batch, so that what is there already is another's.
    @Test func `What was not committed, although it may have been, is written but for what was there before`() async throws {
        let house = try await House()
        let first = try house.request()
        house.log.note(first)
        #expect(await house.log.flush())
        let rest = try (0..<5).map { _ in try house.request() }
        for request in rest.prefix(2) + [first] + rest.suffix(3) { house.log.note(request) }
        house.store.set(.down)
        #expect(await !house.log.flush())
        house.store.set(.up)
        #expect(await house.log.flush())
        #expect(try await house.written().requests == [first] + rest)
        #expect(house.log.count.written == 6 && house.log.count.rejected == 1 && house.log.count.waiting == 0)
    }

    @Test func `What was committed is found among what others have written since`() async throws {
        let house = try await House(capacity: 3000, batch: 1000)
        let requests = try house.note(7)
        house.store.set(.commitsAndFails)
        #expect(await !house.log.flush())
        house.store.set(.up)
        let other = try ExternalRequestLog(store: house.store)
        for _ in 0..<1200 { other.note(try house.request()) }
        #expect(await other.flush())
        house.store.next.withLock { $0 = [.up, .down] }
        #expect(await !house.log.flush(), "it cannot be looked for while nobody answers")
        #expect(house.log.count.waiting == 7)
        #expect(await house.log.flush())
        #expect(house.log.count.written == 7 && house.log.count.rejected == 0)
        let place = house.script.place(.requests)
        let (chain, head) = try await house.store.transaction(as: .service) { t throws(TammError) in
            (try t.auditChain(place, after: nil, limit: 7).map(\.record), try t.auditHead(place))
        }
        #expect(chain == requests.map(AuditRecord.request) && head.sequence == 1207)
    }

    @Test func `A workspace whose log takes nothing holds up nobody, and loses nothing`() async throws {
        let house = try await House()
        let other = Identifier<Workspace>(high: house.script.workspace.high + 1, low: 1)
        let workspace = try Workspace(id: other, name: "Other", createdAt: Bank.start)
        try await house.store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
        var stuck = try house.note(2)
        for _ in 0..<2 { house.log.note(try house.request(in: other)) }
        house.store.next.withLock { $0 = [.corrupted] }
        #expect(await !house.log.flush())
        #expect(house.log.count.written == 2 && house.log.count.waiting == 2)
        stuck += try house.note(1)
        // Asked once, although more of its waits.
        house.store.next.withLock { $0 = [.corrupted] }
        #expect(await !house.log.flush())
        #expect(house.log.count.written == 2 && house.log.count.waiting == 3)
        #expect(await house.log.flush())
        #expect(try await house.written().requests == stuck)
        #expect(house.log.count.written == 5 && house.log.count.rejected == 0 && house.log.count.waiting == 0)
    }

    @Test func `A workspace that fills its part leaves room for the others`() async throws {
        var bounds = ExternalRequestLog.Bounds()
        (bounds.capacity, bounds.perWorkspace) = (5, 3)
        let house = try await House()
        let log = try ExternalRequestLog(store: house.store, bounds: bounds)
        let other = Identifier<Workspace>(high: house.script.workspace.high + 1, low: 1)
        let workspace = try Workspace(id: other, name: "Other", createdAt: Bank.start)
        try await house.store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
        for number in 0..<5 { #expect(log.note(try house.request()) == (number < 3)) }
        for number in 0..<3 { #expect(log.note(try house.request(in: other)) == (number < 2)) }
        #expect(log.count.waiting == 5 && log.count.overflowed == 3)
        #expect(await log.flush())
        #expect(log.note(try house.request()) && log.count.written == 5 && log.count.waiting == 1)
    }

    @Test func `A workspace whose log cannot be searched holds up nobody either`() async throws {
        let house = try await House()
        let other = Identifier<Workspace>(high: house.script.workspace.high + 1, low: 1)
        let workspace = try Workspace(id: other, name: "Other", createdAt: Bank.start)
        try await house.store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
        let requests = try house.note(2)
        house.store.set(.commitsAndFails)
        #expect(await !house.log.flush())
        house.store.set(.up)
        house.log.note(try house.request(in: other))
        house.store.next.withLock { $0 = [.up, .corrupted] }
        #expect(await !house.log.flush())
        #expect(house.log.count.written == 1 && house.log.count.waiting == 2)
        #expect(await house.log.flush())
        #expect(try await house.written().requests == requests)
        #expect(house.log.count.written == 3 && house.log.count.rejected == 0 && house.log.count.waiting == 0)
    }

    @Test func `Shutting down beside another who writes gives back what he could not write, once`() async throws {
        let house = try await House()
        let requests = try house.note(25)
        house.store.next.withLock { $0 = [.held] }
        house.store.set(.down)
        let flushing = Task { await house.log.flush() }
        for await _ in house.store.held.stream { break }
        let closing = Task { await house.log.shutdown() }
        // Refused as soon as it has begun to shut down.
        var extra: [ExternalRequest] = []
        while true {
            let request = try house.request()
            guard house.log.note(request) else { break }
            extra.append(request)
            await Task.yield()
        }
        house.store.released.continuation.yield()
        #expect(await flushing.value == false)
        #expect(await closing.value == requests + extra)
        house.store.set(.up)
        #expect(await house.log.flush())
        #expect(await house.log.shutdown().isEmpty)
        #expect(try await house.written().requests.isEmpty)
        #expect(house.log.count.waiting == 0 && house.log.count.written == 0)
    }

    @Test func `A workspace that is gone holds up nobody`() async throws {
        let house = try await House()
        house.log.note(try house.request(in: Identifier(high: 9, low: 9)))
        let requests = try house.note(3)
        #expect(await house.log.flush())
        #expect(try await house.written().requests == requests)
        #expect(house.log.count.rejected == 1 && house.log.count.written == 3)
        house.log.note(requests[0])
        #expect(await house.log.flush())
        #expect(house.log.count.rejected == 2, "an identifier that is taken")
    }

    @Test func `Shutting down writes what waits, and gives back what cannot be written`() async throws {
        let house = try await House()
        let requests = try house.note(25)
        #expect(await house.log.shutdown().isEmpty)
        #expect(try await house.written().requests == requests)
        #expect(house.log.note(try house.request()) == false)
        #expect(house.log.count.overflowed == 1)
        let other = try await House()
        let lost = try other.note(25)
        other.store.set(.down)
        #expect(await other.log.shutdown() == lost)
        #expect(other.log.count.waiting == 0)
    }

    @Test func `A service writes down what was asked of it until it is shut down`() async throws {
        let house = try await House()
        let (store, request) = (house.store, try house.request())
        // snippet: log
        let log = try ExternalRequestLog(store: store)
        async let writing: Void = log.run()  // for the life of the service; log.tick() every second
        log.note(request)
        let lost = await log.shutdown()
        await writing
        // end snippet
        #expect(lost.isEmpty)
        #expect(try await house.written().requests == [request])
    }

    @Test func `Many who note and flush at once lose nothing and write nothing twice`() async throws {
        let house = try await House(capacity: 10_000, batch: 7)
        let requests = try (0..<800).map { _ in try house.request() }
        await withTaskGroup(of: Void.self) { group in
            for part in 0..<8 {
                group.addTask {
                    for (index, request) in requests[(part * 100)..<(part * 100 + 100)].enumerated() {
                        house.log.note(request)
                        if index % 10 == 9 { await house.log.flush() }
                    }
                }
            }
        }
        #expect(await house.log.shutdown().isEmpty)
        let found = try await house.script.store.transaction(as: .service) { [place = house.script.place(.requests)] t throws(TammError) in
            try t.auditChain(place, after: nil, limit: 1000)
        }
        #expect(Set(found.map(\.record)) == Set(requests.map(AuditRecord.request)) && found.count == 800)
        #expect(try await house.script.trail.verify(as: .service).isClean)
    }

    @Test func `Bounds below one, and batches above a page, are refused`() {
        for change in [
            { $0.capacity = 0 }, { $0.batch = 0 }, { $0.batch = 1001 }, { $0.attempts = 0 },
        ] as [(inout ExternalRequestLog.Bounds) -> Void] {
            var bounds = ExternalRequestLog.Bounds()
            change(&bounds)
            let fixed = bounds
            let error = caught { () throws(TammError) in
                _ = try ExternalRequestLog(store: InMemoryStore(), bounds: fixed)
            }
            #expect(error?.code == .invalidInput)
        }
    }
}
