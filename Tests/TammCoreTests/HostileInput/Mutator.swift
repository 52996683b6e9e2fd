import TammTesting

@testable import TammCore

/// Changes valid documents into hostile ones: by bytes, by the shape of their text, by the tree of their JSON.
struct Mutator {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    // MARK: Bytes

    /// One to three changes that know nothing of the document's form.
    mutating func bytes(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0...below(3) {
            let at = bytes.isEmpty ? 0 : below(bytes.count)
            switch below(9) {
            case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(below(8))
            case 1 where !bytes.isEmpty: bytes[at] = UInt8(below(256))
            case 2: bytes.insert(pick([0, 0x20, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xff]), at: at)
            case 3 where !bytes.isEmpty: bytes.remove(at: at)
            case 4: bytes.removeLast(bytes.count - at)
            case 5 where !bytes.isEmpty:
                let end = min(bytes.count, at + 1 + below(12))
                bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count + 1))
            case 6: bytes.insert(contentsOf: Array(pick(Self.oddities).utf8), at: at)
            case 7 where !bytes.isEmpty: bytes.swapAt(at, below(bytes.count))
            default: bytes.append(UInt8(below(128)))
            }
        }
        return bytes
    }

    // MARK: Text

    /// One to three changes that keep to the document's characters: digits stay digits, letters letters.
    mutating func shaped(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0...below(3) where !bytes.isEmpty {
            let at = below(bytes.count)
            switch below(8) {
            case 0...3: bytes[at] = alike(bytes[at])
            case 4:
                let digit = UInt8(ascii: pick(["0", "9"]))
                for index in at..<min(bytes.count, at + 1 + below(8)) where (48...57).contains(bytes[index]) {
                    bytes[index] = digit
                }
            case 5:
                let other = below(bytes.count)
                if Self.kind(bytes[at]) == Self.kind(bytes[other]) { bytes.swapAt(at, other) }
            case 6: bytes.insert(alike(bytes[at]), at: at)
            default: bytes.remove(at: at)
            }
        }
        return bytes
    }

    private static func kind(_ byte: UInt8) -> Int {
        switch byte {
        case 48...57: 0
        case 65...90: 1
        case 97...122: 2
        default: 3 + Int(byte)
        }
    }

    private mutating func alike(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 48...57: 48 + UInt8(below(10))
        case 65...90: 65 + UInt8(below(26))
        case 97...102: 97 + UInt8(below(6))
        case 103...122: 103 + UInt8(below(20))
        case 0x2b, 0x2d: pick([0x2b, 0x2d])
        default: byte
        }
    }

    // MARK: JSON

    /// One to three changes of the tree, printed; now and then with a change of the bytes on top.
    mutating func json(_ document: StrictJSON) -> [UInt8] {
        var document = document
        for _ in 0...below(3) {
            var position = below(document.nodeCount)
            document = document.replacing(&position) { node in changed(node, in: document) }
        }
        let printed = below(2) == 0 ? document.bytes : document.indentedBytes
        return below(6) == 0 ? bytes(printed) : printed
    }

    private mutating func changed(_ node: StrictJSON, in document: StrictJSON) -> StrictJSON {
        if below(12) == 0 { return hostileValue() }
        if below(40) == 0 { return (0..<below(40)).reduce(node) { inner, _ in .array([inner]) } }
        switch node {
        case .object(let members) where !members.isEmpty: return .object(changed(members))
        case .array(let values) where !values.isEmpty: return .array(changed(values))
        case .text(let text):
            switch below(4) {
            case 0: return .text(pick(Self.oddities))
            case 1: return document.scalars.isEmpty ? .null : pick(document.scalars)
            default: return .text(String(decoding: shaped(Array(text.utf8)), as: UTF8.self))
            }
        case .integer(let value):
            switch below(4) {
            case 0: return .integer(pick(Self.extremes))
            case 1: return .integer(value &+ pick([-1, 1]))
            case 2: return .decimal(pick(["\(value).0", "\(value)e0", "-\(value)", "0\(value)", "1e400", "-0"]))
            default: return .integer(Int64(below(100)))
            }
        case .bool(let value): return .bool(!value)
        default: return hostileValue()
        }
    }

    private mutating func changed(_ members: [StrictJSON.Member]) -> [StrictJSON.Member] {
        var members = members
        let at = below(members.count)
        switch below(6) {
        case 0: members.remove(at: at)
        case 1: members.append(members[at])
        case 2: members[at] = .init(members[at].name, members[below(members.count)].value)
        case 3: members[at] = .init(pick(Self.oddities + [members[at].name + "s"]), members[at].value)
        case 4: members.append(.init(pick(Self.oddities), hostileValue()))
        default: members.shuffle(using: &generator)
        }
        return members
    }

    private mutating func changed(_ values: [StrictJSON]) -> [StrictJSON] {
        var values = values
        let at = below(values.count)
        switch below(5) {
        case 0: values.remove(at: at)
        case 1: values.append(values[at])
        case 2: values.insert(hostileValue(), at: at)
        case 3: values += repeatElement(values[at], count: 1 + below(12))
        default: values.shuffle(using: &generator)
        }
        return values
    }

    private mutating func hostileValue() -> StrictJSON {
        switch below(8) {
        case 0: .null
        case 1: .bool(below(2) == 0)
        case 2: .integer(pick(Self.extremes))
        case 3:
            .decimal(pick(["0.5", "1e3", "1E-400", "9223372036854775808", "-0.0", "123456789012345678901234567890"]))
        case 4: .array([])
        case 5: .object([])
        case 6: .text(String(repeating: pick(["9", "a", "é", "👨‍👩‍👧‍👦"]), count: pick([10, 65, 201, 600])))
        default: .text(pick(Self.oddities))
        }
    }

    static let extremes: [Int64] = [
        .min, .min + 1, -1, 0, 1, 255, 65_536, 1_000_000, 1_000_001, 1_000_000_000, 1 << 31, 1 << 53,
        1_000_000_000_000_000_000, .max - 1, .max,
    ]

    static let oddities: [String] = [
        "", " ", "\u{0}", "\n", "null", "true", "-1", "+1", "1e9", "1.0000001", "NaN", "Infinity", "0x1f",
        "\u{661}\u{662}",
        "１２", "\u{202e}gro\u{200b}wth", "e\u{301}", "é", "\u{feff}", "\u{fffd}", "😀", "'; DROP TABLE plans; --",
        "../../etc/passwd", "%00", "unlimited", "growth@0", "growth@01", "a@b@1", "9223372036854775807",
        "9223372036854775808", "__proto__", "EGP", "month", "2026-02-30T00:00:00Z",
    ]
}

extension StrictJSON {
    var nodeCount: Int {
        switch self {
        case .array(let values): values.reduce(1) { $0 + $1.nodeCount }
        case .object(let members): members.reduce(1) { $0 + $1.value.nodeCount }
        default: 1
        }
    }

    var scalars: [StrictJSON] {
        switch self {
        case .array(let values): values.flatMap(\.scalars)
        case .object(let members): members.flatMap(\.value.scalars)
        default: [self]
        }
    }

    /// Replaces the node at a position in depth-first order; the position is below zero once that is done.
    func replacing(_ position: inout Int, _ change: (StrictJSON) -> StrictJSON) -> StrictJSON {
        guard position >= 0 else { return self }
        position -= 1
        guard position >= 0 else { return change(self) }
        switch self {
        case .array(let values): return .array(values.map { $0.replacing(&position, change) })
        case .object(let members):
            return .object(members.map { Member($0.name, $0.value.replacing(&position, change)) })
        default: return self
        }
    }
}
