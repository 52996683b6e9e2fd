import TammCore

/// A line of the launch checklist as code that runs and shows its evidence.
protocol LaunchRow: Sendable {
    /// The name in the checklist, for example `keys.revoked-fails`.
    static var id: String { get }
    /// What must be true.
    static var title: String { get }
    static var store: StoreRequirement { get }
    static var completeness: Completeness { get }

    init()

    /// Does what the line claims and reads the evidence back from the store.
    ///
    /// A failed expectation, an error or no evidence fails the row; the rows after it still run.
    func run(_ row: RowRecorder, in context: DemoContext) async throws
}

extension LaunchRow {
    static var store: StoreRequirement { .any }
    static var completeness: Completeness { .complete }
}

/// Which stores a row can be shown on.
enum StoreRequirement: Sendable {
    case any
    case postgres
}

/// Whether a row shows all that its line claims.
enum Completeness: Sendable {
    case complete
    /// The row runs and shows its evidence, and is still not built for want of what `missing` names.
    case partial(missing: String)
}

/// What a row may use.
struct DemoContext: Sendable {
    /// The same seed gives the same run.
    var seed: UInt64
    /// The moment at which every row begins.
    var now: Timestamp
}
