/// The one file of the core that may ask the machine for time and randomness.
let systemSources = "Sources/TammCore/Primitives/SystemSources.swift"

/// The one file of the core that may import Foundation's time zones; the essentials know none but GMT.
private let timeZoneOffsets = "Sources/TammCore/Primitives/TimeZoneOffsets.swift"

private let collections: Set<String> = [
    "Collections", "DequeModule", "OrderedCollections", "HeapModule", "HashTreeCollections", "BitCollections",
]

private let adapters: Set<String> = ["TammInMemory", "TammPostgres", "TammRedis", "TammServer", "TammProviders"]

extension Check {
    static let layers = [
        Check(
            "TammCore imports no I/O, no framework and no driver",
            bad: [
                SourceFile("Sources/TammCore/A.swift", "import NIOCore\n"),
                SourceFile("Sources/TammCore/A.swift", "internal import Foundation\n"),
                SourceFile("Sources/TammCore/A.swift", "@preconcurrency private import Glibc\n"),
                SourceFile("Sources/TammCore/A.swift", "import struct TammInMemory.Store\n"),
                SourceFile("Sources/TammCore/A.swift", "private import FoundationInternationalization\n"),
                SourceFile(timeZoneOffsets, "private import Foundation\n"),
            ],
            good: [
                SourceFile(timeZoneOffsets, "private import FoundationInternationalization\n"),
                SourceFile("Sources/TammCore/A.swift", "public import Logging\n// import NIOCore\n"),
                SourceFile(systemSources, "#if canImport(Glibc)\n    private import Glibc\n#endif\n"),
                SourceFile("Sources/TammServer/A.swift", "import NIOCore\n"),
            ]
        ) { file in
            guard file.target == "TammCore" else { return [] }
            var allowed: Set<String> = [
                "Crypto", "Logging", "Metrics", "HTTPTypes", "StructuredFieldValues", "RawStructuredFieldValues",
                "Synchronization", "FoundationEssentials",
            ]
            allowed.formUnion(collections)
            if file.path == systemSources { allowed.formUnion(["Glibc", "Darwin"]) }
            if file.path == timeZoneOffsets { allowed.insert("FoundationInternationalization") }
            return file.imports.filter { !allowed.contains($0.module) }.map { line, module in
                file.finding(line, "TammCore may not import \(module)")
            }
        },
        Check(
            "TammInMemory imports TammCore, collections and locks alone",
            bad: [SourceFile("Sources/TammInMemory/A.swift", "import Foundation\n")],
            good: [
                SourceFile(
                    "Sources/TammInMemory/A.swift", "import Synchronization\nimport TammCore\nimport DequeModule\n")
            ]
        ) { file in
            guard file.target == "TammInMemory" else { return [] }
            let allowed = collections.union(["TammCore", "Synchronization"])
            return file.imports.filter { !allowed.contains($0.module) }.map { line, module in
                file.finding(line, "TammInMemory may not import \(module)")
            }
        },
        Check(
            "Adapters never import one another",
            bad: [
                SourceFile("Sources/TammPostgres/A.swift", "import TammRedis\n"),
                SourceFile("Sources/TammServer/A.swift", "public import TammPostgres\n"),
                SourceFile("Sources/TammTesting/A.swift", "import TammPostgres\n"),
            ],
            good: [
                SourceFile("Sources/tamm-demo/A.swift", "import TammInMemory\n"),
                SourceFile("Sources/TammTesting/A.swift", "import TammInMemory\n"),
                SourceFile("Sources/TammPostgres/A.swift", "import CLibPQ\nimport TammCore\n"),
            ]
        ) { file in
            guard let target = file.target, adapters.contains(target) || target == "TammTesting" else { return [] }
            var others = adapters.subtracting([target])
            if target == "TammTesting" { others.remove("TammInMemory") }
            return file.imports.filter { others.contains($0.module) }.map { line, module in
                file.finding(line, "\(target) may not import \(module)")
            }
        },
        Check(
            "No source imports another module's internals",
            bad: [SourceFile("Sources/TammTesting/A.swift", "@testable import TammCore\n")],
            good: [SourceFile("Tests/TammCoreTests/A.swift", "@testable import TammCore\n")]
        ) { file in
            guard file.target != nil else { return [] }
            return file.code.indices.filter { file.code[$0].contains("@testable") }.map {
                file.finding($0, "@testable belongs in tests")
            }
        },
        Check(
            "Tests use Swift Testing",
            bad: [SourceFile("Tests/TammCoreTests/A.swift", "import XC\("Test")\n")],
            good: [SourceFile("Tests/TammCoreTests/A.swift", "import Testing\n")]
        ) { file in
            file.imports.filter { $0.module == "XC" + "Test" }.map { line, _ in
                file.finding(line, "the test command does not run XC\("Test")")
            }
        },
    ]
}

extension SourceFile {
    /// The modules that a Swift file imports, each with its line's index.
    var imports: [(line: Int, module: String)] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias", "actor"]
        let access: Set<Substring> = ["public", "package", "internal", "private", "fileprivate"]
        var imports: [(line: Int, module: String)] = []
        for (index, line) in code.enumerated() where line.contains("import") {
            // Attributes stand first: what is left then begins with an access level or `import`.
            var words = line.split(separator: " ").drop { $0.hasPrefix("@") }[...]
            if let first = words.first, access.contains(first) { words.removeFirst() }
            guard words.first == "import" else { continue }
            words.removeFirst()
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            if let module = words.first?.split(separator: ".").first { imports.append((index, String(module))) }
        }
        return imports
    }
}
