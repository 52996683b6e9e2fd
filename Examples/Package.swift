// swift-tools-version: 6.2
import PackageDescription

// Each example is a program with a test of what it prints. `make test` builds and runs them all.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "tamm", path: "..")],
    targets: [
        // TammCore alone: no network library, no database driver.
        .executableTarget(name: "Amounts", dependencies: [.product(name: "TammCore", package: "tamm")]),
        .testTarget(name: "AmountsTests", dependencies: ["Amounts"]),
    ]
)
