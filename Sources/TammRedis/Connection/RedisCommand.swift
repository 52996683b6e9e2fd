/// Commands in the server's protocol, one after the other.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init() {}

    init(_ words: String...) {
        begin(words.count)
        for word in words { add(word) }
    }

    /// Begins a command of so many words.
    mutating func begin(_ words: Int) {
        count += 1
        head("*", words)
    }

    mutating func add(_ word: some StringProtocol) { add(word.utf8) }

    mutating func add(_ number: Int64) { add(String(number).utf8) }

    mutating func add(_ word: some Collection<UInt8>) {
        head("$", word.count)
        bytes += word
        bytes += [0x0d, 0x0a]
    }

    private mutating func head(_ mark: Unicode.Scalar, _ count: Int) {
        bytes.append(UInt8(ascii: mark))
        bytes += String(count).utf8
        bytes += [0x0d, 0x0a]
    }

    /// Overwrites what it holds: a password.
    mutating func forget() {
        for index in bytes.indices { bytes[index] = 0 }
        bytes = []
        count = 0
    }
}
