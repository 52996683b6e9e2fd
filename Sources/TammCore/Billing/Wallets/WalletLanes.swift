/// As many queues as a store takes batches at the same time; a workspace's commands always go to the same one.
struct WalletLanes: Sendable {
    /// However many a store asks for.
    static let most = 16

    private let queues: [WalletQueue]

    /// - Parameters:
    ///   - count: held between 1 and ``most``.
    ///   - limits: for one workspace as they are; those for all commands are divided among the lanes.
    ///   - fly: applies a batch in one transaction and returns an answer for each command.
    init(
        _ count: Int, limits: WalletQueue.Limits,
        fly: @escaping @Sendable ([WalletCommand], _ waiting: Bool) async throws(TammError) -> [WalletFold.Answer]
    ) {
        let count = min(max(1, count), Self.most)
        var limits = limits
        limits.inAll = max(1, limits.inAll / count)
        queues = (0..<count).map { [limits] _ in WalletQueue(limits: limits, fly: fly) }
    }

    var count: Int { queues.count }

    /// How many commands wait.
    var depth: Int { queues.reduce(0) { $0 + $1.depth } }

    func submit(_ command: WalletCommand) async throws(TammError) -> WalletOutcome {
        try await queues[lane(of: command.workspace)].submit(command)
    }

    /// The same in every process: a workspace's commands never run in two lanes.
    func lane(of workspace: Identifier<Workspace>) -> Int {
        let mixed = (workspace.high ^ workspace.low) &* 0x9e37_79b9_7f4a_7c15
        return Int((mixed >> 32) % UInt64(queues.count))
    }
}
