/// Commands in the server's protocol, one after the other.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init() {}

    /// With room for so many bytes: nothing that is added up to then is moved.
    init(capacity: Int) { bytes.reserveCapacity(max(512, capacity)) }

    /// Begins a command of so many words.
    mutating func begin(_ words: Int) {
        if bytes.isEmpty { bytes.reserveCapacity(512) }
        count += 1
        head(UInt8(ascii: "*"), words)
    }

    mutating func add(_ word: some StringProtocol) {
        head(UInt8(ascii: "$"), word.utf8.count)
        bytes.append(contentsOf: word.utf8)
        end()
    }

    mutating func add(_ number: Int64) {
        head(UInt8(ascii: "$"), Self.digits(of: number))
        append(number)
        end()
    }

    mutating func add(_ word: [UInt8]) {
        head(UInt8(ascii: "$"), word.count)
        bytes += word
        end()
    }

    /// A word of so many bytes, which `body` appends.
    mutating func add(bytes count: Int, _ body: (inout [UInt8]) -> Void) {
        head(UInt8(ascii: "$"), count)
        body(&bytes)
        end()
    }

    private mutating func head(_ mark: UInt8, _ count: Int) {
        bytes.append(mark)
        append(Int64(count))
        end()
    }

    private mutating func end() {
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// At least one; numbers below zero do not occur.
    private static func digits(of number: Int64) -> Int {
        var (count, rest) = (1, number / 10)
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    private mutating func append(_ number: Int64) {
        if number < 10 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: max(0, number)))
        } else if number < 100 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: number / 10))
            bytes.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
        } else {
            append(number / 100)
            let rest = number % 100
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 10))
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
        }
    }

    /// Overwrites what it holds: a password.
    mutating func forget() {
        for index in bytes.indices { bytes[index] = 0 }
        bytes = []
        count = 0
    }
}

extension [UInt8] {
    /// Sixteen hexadecimal digits, eight at a time: a byte for each four bits, and the letters further on.
    mutating func append(hexadecimal word: UInt64) {
        for shift: UInt64 in stride(from: 32, through: 0, by: -32) {
            var digits = word >> shift & 0xffff_ffff
            digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
            digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
            digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
            let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
            let text = (digits &+ 0x3030_3030_3030_3030 &+ letters &* 39).bigEndian
            unsafe Swift.withUnsafeBytes(of: text) { unsafe append(contentsOf: $0) }
        }
    }
}
