let groups: [(name: String, run: () async throws -> Void)] = [
    (
        "core",
        {
            try await signatureBenchmarks()
            try await walletBenchmarks()
        }
    ),
    (
        "access",
        {
            try await keyBenchmarks()
            try await limitBenchmarks()
            try await sharedLimitBenchmarks()
        }
    ),
    ("ledger", { try await ledgerBenchmarks() }),
]

let wanted = CommandLine.arguments.dropFirst()
let unknown = wanted.filter { name in !groups.contains { $0.name == name } }
guard unknown.isEmpty else {
    fatalError("wanted some of \(groups.map(\.name)), or nothing for all; found \(Array(unknown))")
}
for group in groups where wanted.isEmpty || wanted.contains(group.name) { try await group.run() }
