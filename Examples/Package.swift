// swift-tools-version: 6.2
import PackageDescription

let inMemory: [Target.Dependency] = [
    .product(name: "TammCore", package: "tamm"), .product(name: "TammInMemory", package: "tamm"),
]
let testing = Target.Dependency.product(name: "TammTesting", package: "tamm")

// Each example is a program with a test of what it prints. `make test` builds and runs them all.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "tamm", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // TammCore alone: no network library, no database driver.
        .executableTarget(name: "Amounts", dependencies: [.product(name: "TammCore", package: "tamm")]),
        .testTarget(name: "AmountsTests", dependencies: ["Amounts"]),

        .executableTarget(
            name: "GuardAPI", dependencies: inMemory + [.product(name: "HTTPTypes", package: "swift-http-types")]),
        .testTarget(name: "GuardAPITests", dependencies: ["GuardAPI", testing]),

        .executableTarget(name: "KeepWallets", dependencies: inMemory),
        .testTarget(name: "KeepWalletsTests", dependencies: ["KeepWallets", testing]),

        .executableTarget(
            name: "LimitRequests", dependencies: inMemory + [.product(name: "HTTPTypes", package: "swift-http-types")]),
        .testTarget(name: "LimitRequestsTests", dependencies: ["LimitRequests", testing]),

        .executableTarget(name: "MeterModelCall", dependencies: inMemory),
        .testTarget(name: "MeterModelCallTests", dependencies: ["MeterModelCall", testing]),

        .executableTarget(name: "SellPlans", dependencies: inMemory),
        .testTarget(name: "SellPlansTests", dependencies: ["SellPlans", testing]),

        .executableTarget(name: "AdoptPlatform", dependencies: inMemory),
        .testTarget(name: "AdoptPlatformTests", dependencies: ["AdoptPlatform", testing]),
    ]
)
