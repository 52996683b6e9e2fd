import TammCore

/// The recorded commands in the order in which they came, and where each key's stands.
struct CommandLog {
    private var commands = ChunkedArray<RecordedCommand>()
    private var positions: [CommandKey: Int32] = [:]

    subscript(key: CommandKey) -> RecordedCommand? { positions[key].map { commands[Int($0)] } }

    /// Adds a command under a new key, or returns the one that is there already.
    mutating func add(_ command: RecordedCommand) -> RecordedCommand? {
        if let found = positions.updateValue(Int32(commands.count), forKey: command.key) {
            positions[command.key] = found
            return commands[Int(found)]
        }
        commands.append(command)
        return nil
    }

    /// Puts a command in the place of the one with its key.
    mutating func replace(_ command: RecordedCommand) {
        if let position = positions[command.key] { commands[Int(position)] = command }
    }

    mutating func removeLast() {
        guard let last = commands.last else { return }
        positions[last.key] = nil
        commands.removeLast(1)
    }
}

/// An array in pieces: it grows without copying what it holds.
struct ChunkedArray<Element> {
    private static var chunk: Int { 1024 }
    private var chunks: [[Element]] = []
    private(set) var count = 0

    subscript(index: Int) -> Element {
        get { chunks[index / Self.chunk][index % Self.chunk] }
        set { chunks[index / Self.chunk][index % Self.chunk] = newValue }
    }

    var last: Element? { count == 0 ? nil : self[count - 1] }

    mutating func append(_ element: Element) {
        if count % Self.chunk == 0 {
            chunks.append([])
            if chunks.count > 1 { chunks[chunks.count - 1].reserveCapacity(Self.chunk) }
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }

    /// Removes the last `number` elements, at most as many as there are.
    mutating func removeLast(_ number: Int) {
        for _ in 0..<min(number, count) {
            chunks[chunks.count - 1].removeLast()
            count -= 1
            if count % Self.chunk == 0 { chunks.removeLast() }
        }
    }

    /// At most `limit` elements from `start` on.
    func page(from start: Int, limit: Int) -> [Element] {
        var page: [Element] = []
        var index = start
        while index < count, page.count < limit {
            let piece = chunks[index / Self.chunk][(index % Self.chunk)...].prefix(limit - page.count)
            page.append(contentsOf: piece)
            index += piece.count
        }
        return page
    }
}
