@testable import tamm_demo

struct PassingRow: LaunchRow {
    static let id = "fake.passes"
    static let title = "a row that holds"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.did("did the first thing")
        row.evidence("found 1 of 1, seed \(context.seed)")
        row.expect(true, "one is one")
        row.expect(2, equals: 2, "the number of things")
    }
}

struct FailingRow: LaunchRow {
    static let id = "fake.fails"
    static let title = "a row that does not hold"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.evidence("found 2")
        row.expect(2, equals: 1, "the number of things")
        row.expect(false, "the sky is green")
        row.did("went on")
    }
}

struct ThrowingRow: LaunchRow {
    static let id = "fake.throws"
    static let title = "a row that stops"

    struct Broken: Error, CustomStringConvertible {
        var description: String { "the store is on fire" }
    }

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.did("began")
        throw Broken()
    }
}

struct RequiringRow: LaunchRow {
    static let id = "fake.requires"
    static let title = "a row that needs a value"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.evidence("nothing stored")
        let stored: Int? = nil
        let value = try row.require(stored, "the stored value")
        row.evidence("never reached: \(value)")
    }
}

struct SilentRow: LaunchRow {
    static let id = "fake.silent"
    static let title = "a row that shows nothing"

    func run(_ row: RowRecorder, in context: DemoContext) async throws { row.did("something") }
}

struct PartialRow: LaunchRow {
    static let id = "fake.partial"
    static let title = "a row that shows a part"
    static let completeness = Completeness.partial(missing: "the second process")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.evidence("the first process refuses")
        row.expect(true, "it refuses")
    }
}

struct PartialFailingRow: LaunchRow {
    static let id = "fake.partial-fails"
    static let title = "a row that shows a part, wrongly"
    static let completeness = Completeness.partial(missing: "the second process")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        row.expect(false, "it refuses")
    }
}

struct PostgresRow: LaunchRow {
    static let id = "fake.postgres"
    static let title = "a row for the durable store"
    static let store = StoreRequirement.postgres

    func run(_ row: RowRecorder, in context: DemoContext) async throws { throw ThrowingRow.Broken() }
}

let everyFake = [
    ChecklistArea("First", [.built(PassingRow.self), .built(FailingRow.self)]),
    ChecklistArea("Second", [.built(ThrowingRow.self), .notBuilt("fake.later", "a row that comes later")]),
]
