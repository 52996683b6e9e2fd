/// Commands in the server's protocol, one after the other.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init() {}

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
        let start = bytes.count
        var rest = max(0, number)
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var (low, high) = (start, bytes.count - 1)
        while low < high {
            bytes.swapAt(low, high)
            low += 1
            high -= 1
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
    /// Sixteen hexadecimal digits.
    mutating func append(hexadecimal word: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: word >> shift & 0xf)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
