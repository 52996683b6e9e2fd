import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct ExternalRequestLogTests {
    /// A store that fails as it is told.
    private final class Flaky: TammStore {
        enum Mode { case up, down, commitsAndFails }

        let base = InMemoryStore()
        let mode = Mutex(Mode.up)
        /// One for each transaction that went well.
        let commits: AsyncStream<Void>
        private let committed: AsyncStream<Void>.Continuation

        init() { (commits, committed) = AsyncStream.makeStream() }

        func transaction<Value: Sendable>(
            as principal: Principal,
            _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
        ) async throws(TammError) -> Value {
            switch mode.withLock({ $0 }) {
            case .up:
                defer { committed.yield() }
                return try await base.transaction(as: principal, body)
            case .down: throw TammError(.unavailable, "down")
            case .commitsAndFails:
                _ = try await base.transaction(as: principal, body)
                throw TammError(.unavailable, "lost at commit")
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
