// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .strictMemorySafety(),  // SE-0458
]

let package = Package(
    name: "tamm",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TammCore", targets: ["TammCore"]),
        .library(name: "TammInMemory", targets: ["TammInMemory"]),
        .library(name: "TammPostgres", targets: ["TammPostgres"]),
        .library(name: "TammRedis", targets: ["TammRedis"]),
        .library(name: "TammTesting", targets: ["TammTesting"]),
        .executable(name: "tamm-demo", targets: ["tamm-demo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        .target(
            name: "TammCore",
            dependencies: [
                .product(name: "Collections", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ]),
        .target(name: "TammInMemory", dependencies: ["TammCore"]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "TammPostgres",
            dependencies: [
                "CLibPQ", "TammCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Migrations/roles.sql"]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .target(
            name: "TammRedis",
            dependencies: [
                "CHiredis", "TammCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(name: "TammTesting", dependencies: ["TammCore", "TammInMemory"]),
        .executableTarget(
            name: "tamm-demo",
            dependencies: [
                "TammCore", "TammInMemory", "TammPostgres", "TammTesting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
        // For tests alone: programs that they run, and a program of theirs that is run as a process of its own.
        .target(name: "TestCommands", path: "Tests/TestCommands"),
        .executableTarget(
            name: "test-peer", dependencies: ["TammCore", "TammPostgres", "TammRedis"], path: "Tests/test-peer"),
        .testTarget(
            name: "TammCoreTests",
            dependencies: [
                "TammCore", "TammInMemory", "TammTesting", "TestCommands", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"), .product(name: "Metrics", package: "swift-metrics"),
            ],
            exclude: ["Fixtures"]),
        .testTarget(name: "TammInMemoryTests", dependencies: ["TammInMemory", "TammTesting"]),
        .testTarget(
            name: "TammPostgresTests",
            dependencies: [
                "TammInMemory", "TammPostgres", "TammTesting", "TestCommands", "test-peer",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        .testTarget(name: "TammRedisTests", dependencies: ["TammRedis", "TammTesting", "TestCommands", "test-peer"]),
        .testTarget(name: "TammTestingTests", dependencies: ["TammInMemory", "TammTesting"]),
        .testTarget(name: "TammDemoTests", dependencies: ["tamm-demo", "TammTesting"]),
        .testTarget(name: "TidyTests"),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}
