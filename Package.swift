// swift-tools-version: 6.2
import PackageDescription

// The rooms and the arrows between them; `docs/architecture.md` draws the same picture and
// `Tests/house/walls.py` checks that no file imports against an arrow.

/// Every room: warnings are errors, imports say what they leak.
let common: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The core besides: no unsafe expression compiles, no member comes from a module that is not imported. (Rooms
/// that use SwiftNIO cannot ask for the latter: its C modules claim the C library's socket structures.)
let pure: [SwiftSetting] =
    common + [.strictMemorySafety(), .enableUpcomingFeature("MemberImportVisibility")]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]

let package = Package(
    name: "muster",
    products: [
        .library(name: "muster", type: .dynamic, targets: ["CAPI"]),
        .executable(name: "muster-command", targets: ["Command"]),
        .executable(name: "muster-guardian", targets: ["Guardian"]),
        .executable(name: "simulate", targets: ["Simulate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    ],
    targets: [
        // The core: pure value types.
        .target(name: "Basics", swiftSettings: pure),
        .target(name: "Wire", dependencies: ["Basics"], swiftSettings: pure),
        .target(name: "Membership", dependencies: ["Basics", "Wire"], swiftSettings: pure),
        .target(name: "Failover", dependencies: ["Basics", "Wire"], swiftSettings: pure),
        .target(name: "Lease", dependencies: ["Basics", "Wire"], swiftSettings: pure),
        .target(name: "Schedule", dependencies: ["Basics"], swiftSettings: pure),
        .target(name: "Tasks", dependencies: ["Basics", "Wire", "Schedule"], swiftSettings: pure),
        .target(
            name: "Engine", dependencies: ["Basics", "Wire", "Membership", "Failover", "Lease"],
            swiftSettings: pure),

        // The core in virtual time.
        .target(
            name: "Simulation",
            dependencies: [
                "Basics", "Wire", "Membership", "Failover", "Lease", "Schedule", "Tasks", "Engine",
            ],
            swiftSettings: pure),
        .executableTarget(
            name: "Simulate", dependencies: ["Basics", "Simulation", "Lease", "Tasks"], swiftSettings: common),

        // One node: effects.
        .target(name: "Options", dependencies: ["Basics", "CToml"], swiftSettings: common),
        .target(name: "Sealing", dependencies: ["Basics", "CSodium"], swiftSettings: common),
        .target(name: "Memory", dependencies: ["Basics", "Wire", "CGuest"], swiftSettings: common),
        .target(name: "Zones", dependencies: ["Schedule"], swiftSettings: common),
        .target(name: "Threads", dependencies: ["Basics", "CGuest"], swiftSettings: common),
        .target(
            name: "Stores", dependencies: ["Basics", "Lease", "Threads", "CStores", "CGuest", "CJson"],
            swiftSettings: common),
        .target(
            name: "Transport", dependencies: ["Basics", "Sealing", "Threads", "CGuest"] + nio,
            swiftSettings: common),
        .target(
            name: "Node",
            dependencies: [
                "Basics", "Wire", "Membership", "Failover", "Lease", "Schedule", "Tasks", "Engine", "Options",
                "Sealing", "Memory", "Threads", "Transport", "Stores", "Zones", "CGuest", "CGuardian",
                "CJson",
            ] + nio,
            swiftSettings: common),

        // How people look at a node, and give it orders, over HTTP.
        .target(
            name: "Console",
            dependencies: [
                "Node", "Options", "Tasks", "Transport", "CConsole",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: common),

        // The faces.
        .target(
            name: "CAPI",
            dependencies: [
                "Node", "Console", "Options", "Tasks", "CTypes", "CGuest",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            exclude: ["muster.map"],
            swiftSettings: common),
        .executableTarget(
            name: "Command",
            dependencies: [
                "Node", "Console", "Options", "Sealing", "Stores", "Schedule", "Tasks", "Basics", "Wire",
                "Threads",
                "Transport", "CGuest",
                "CSupervisor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: common),

        // A process of its own beside each node that asks for it.
        .executableTarget(
            name: "Guardian", dependencies: ["Basics", "Lease", "Threads", "Stores", "CGuest", "CGuardian"],
            swiftSettings: common),

        // C: declarations and the few lines Swift cannot say.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CJson", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .target(name: "CConsole", exclude: ["page.html", "openapi.json"]),
        .target(name: "CToml"),
        .target(name: "CGuest"),
        .target(name: "CGuardian"),
        .target(name: "CStores"),
        .target(name: "CSupervisor"),
        .target(name: "CTypes"),

        .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: common),
        .testTarget(name: "WireTests", dependencies: ["Basics", "Wire"], swiftSettings: common),
        .testTarget(
            name: "MembershipTests", dependencies: ["Basics", "Wire", "Membership"],
            swiftSettings: common),
        .testTarget(
            name: "FailoverTests", dependencies: ["Basics", "Wire", "Failover"],
            swiftSettings: common),
        .testTarget(
            name: "LeaseTests", dependencies: ["Basics", "Wire", "Lease", "Simulation"],
            swiftSettings: common),
        .testTarget(
            name: "ScheduleTests", dependencies: ["Basics", "Schedule", "Zones"],
            exclude: ["zones", "table.py", "table.txt"], swiftSettings: common),
        .testTarget(
            name: "TasksTests", dependencies: ["Basics", "Wire", "Schedule", "Tasks"], swiftSettings: common),
        .testTarget(name: "OptionsTests", dependencies: ["Options"], swiftSettings: common),
        .testTarget(name: "MemoryTests", dependencies: ["Basics", "Wire", "Memory"], swiftSettings: common),
        .testTarget(
            name: "SealingTests", dependencies: ["Basics", "CSodium", "Sealing"], swiftSettings: common),
        .executableTarget(
            name: "store-driver", dependencies: ["Basics", "Lease", "Stores", "Threads"],
            path: "Tests/stores/driver", swiftSettings: common),
        .testTarget(name: "StoresTests", dependencies: ["Basics", "Stores"], swiftSettings: common),
        .testTarget(
            name: "NodeTests", dependencies: ["Basics", "Lease", "Memory", "Node", "Options", "Threads"],
            swiftSettings: common),
        .testTarget(
            name: "GuardianTests", dependencies: ["Basics", "Lease", "Guardian"], swiftSettings: common),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Basics", "Wire", "Membership", "Failover", "Lease", "Engine", "Simulation"],
            swiftSettings: common),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The fuzzer is linked with libFuzzer's own runtime; only `make fuzz` asks for it.
if Context.environment["MUSTER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Basics", "Wire", "Membership", "Failover", "Lease", "Engine", "Options", "Sealing",
                "Schedule", "Memory", "Stores", "Tasks", "Node", "Console",
            ],
            path: "Tests/fuzz",
            exclude: [
                "corpus", "answers.dict", "ask_seeds.py", "lease_seeds.py", "messages.dict", "requests.dict",
                "run", "seeds.py", "task_seeds.py",
            ],
            swiftSettings: common
        ))
}
