// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "tamm-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "tamm", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .target(name: "CAllocations"),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CAllocations", "CLibCrypto",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "TammCore", package: "tamm"),
                .product(name: "TammInMemory", package: "tamm"),
                .product(name: "TammPostgres", package: "tamm"),
                .product(name: "TammRedis", package: "tamm"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),  // SE-0335
                .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
                .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
                .strictMemorySafety(),  // SE-0458
            ]),
    ]
)
