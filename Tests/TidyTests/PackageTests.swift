import Testing

/// What the core may depend on: values and algorithms, no I/O.
private let coreProducts: Set<String> = [
    "Collections", "DequeModule", "OrderedCollections", "HeapModule", "HashTreeCollections", "BitCollections", "Crypto",
    "Logging", "Metrics", "HTTPTypes", "StructuredFieldValues", "RawStructuredFieldValues",
]

/// A target of a package manifest, as its text says.
struct ManifestTarget: Equatable {
    let name: String
    /// Names of the targets and products that it depends on.
    let dependencies: [String]

    /// The target with that name, or nil; `manifest` is the text of a Package.swift in the usual form.
    init?(_ name: String, in manifest: String) {
        let declarations = [".target(", ".executableTarget(", ".testTarget(", ".systemLibrary("]
        let targets = manifest.ranges(of: "targets: [").last.map { manifest[$0.upperBound...] } ?? ""
        var rest = targets[...]
        while let start = declarations.compactMap({ rest.firstRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound }
        ) {
            let declaration = rest[start.upperBound...].upToClosing(")")
            rest = rest[start.upperBound...]
            guard declaration.text(after: "name: \"").map(String.init) == name else { continue }
            let list = declaration.firstRange(of: "dependencies: [").map {
                declaration[$0.upperBound...].upToClosing("]")
            }
            self.name = name
            dependencies = list?.dependencyNames ?? []
            return
        }
        return nil
    }
}

extension Substring {
    /// The text up to the bracket that closes the one before it.
    fileprivate func upToClosing(_ close: Character) -> Substring {
        let open: Character = close == ")" ? "(" : "["
        var depth = 1
        for index in indices {
            if self[index] == open { depth += 1 }
            if self[index] == close { depth -= 1 }
            if depth == 0 { return self[..<index] }
        }
        return self
    }

    fileprivate func text(after mark: String) -> Substring? {
        firstRange(of: mark).map { self[$0.upperBound...].prefix { $0 != "\"" } }
    }

    /// The first text in each element of a dependency list.
    fileprivate var dependencyNames: [String] {
        var names: [String] = []
        var depth = 0
        var isElementNamed = false
        var rest = self[...]
        while let character = rest.popFirst() {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0: isElementNamed = false
            case "\"":
                let literal = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(literal.count + 1)
                if !isElementNamed { names.append(String(literal)) }
                isElementNamed = true
            default: break
            }
        }
        return names
    }
}

@Suite struct `The package` {
    private let manifest = SourceTree.file("Package.swift")?.lines.joined(separator: "\n") ?? ""

    @Test func `lets TammCore depend on values and algorithms only`() throws {
        let core = try #require(ManifestTarget("TammCore", in: manifest))
        #expect(!core.dependencies.isEmpty)
        #expect(core.dependencies.filter { !coreProducts.contains($0) } == [])
    }

    @Test func `lets TammInMemory depend on TammCore and collections only`() throws {
        let memory = try #require(ManifestTarget("TammInMemory", in: manifest))
        let foreign = memory.dependencies.filter { $0 != "TammCore" && !coreProducts.contains($0) }
        #expect(foreign == [])
    }

    @Test func `keeps the demo to core, stores and its arguments`() throws {
        let demo = try #require(ManifestTarget("tamm-demo", in: manifest))
        let allowed: Set<String> = [
            "TammCore", "TammInMemory", "TammTesting", "TammPostgres", "ArgumentParser", "HTTPTypes", "Logging", "Metrics",
        ]
        #expect(demo.dependencies.filter { !allowed.contains($0) } == [])
    }

    @Test(arguments: [
        "ExistentialAny", "MemberImportVisibility", "InternalImportsByDefault", "NonisolatedNonsendingByDefault",
        "strictMemorySafety()",
    ])
    func `sets every target strict`(setting: String) {
        #expect(manifest.contains(setting))
        #expect(manifest.contains("for target in package.targets where target.type != .system {"))
    }

    @Test func `is read as it is written`() {
        let text = """
            products: [.library(name: "A", targets: ["A"])],
            targets: [
                .target(name: "AA", dependencies: ["B"]),
                .target(
                    name: "A",
                    dependencies: [
                        "B", .product(name: "NIOCore", package: "swift-nio"), .target(name: "C"),
                    ], path: "x"),
                .testTarget(name: "T"),
            ]
            """
        #expect(ManifestTarget("A", in: text)?.dependencies == ["B", "NIOCore", "C"])
        #expect(ManifestTarget("T", in: text)?.dependencies == [])
        #expect(ManifestTarget("U", in: text) == nil)
    }
}
