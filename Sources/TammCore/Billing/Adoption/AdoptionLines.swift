/// A line of an export, read or refused.
public struct AdoptionLine: Sendable {
    /// Counted from 1.
    public let number: Int
    /// The workspace, or `invalidInput` whose message names the line and whose field is the path in it.
    public let content: Result<AdoptedWorkspace, TammError>
}

/// The lines of an export in JSON Lines: a workspace a line, read as they are asked for.
///
/// Lines end with a line feed; the last may lack it. An empty line, and one above ``AdoptedWorkspace/maxBytes``, is
/// refused as the others are and does not stop the reading. No more than a line is kept.
public struct AdoptionLines<Bytes: Sequence<UInt8>>: Sequence, IteratorProtocol {
    private var bytes: Bytes.Iterator
    private var number = 0

    /// The lines of these bytes: a file that is mapped into memory, say.
    public init(_ bytes: Bytes) { self.bytes = bytes.makeIterator() }

    /// The next line; nil at the end.
    public mutating func next() -> AdoptionLine? {
        var line: [UInt8] = []
        var count = 0
        var isEnded = false
        while !isEnded, let byte = bytes.next() {
            count += 1
            isEnded = byte == UInt8(ascii: "\n")
            if !isEnded, line.count <= AdoptedWorkspace.maxBytes { line.append(byte) }
        }
        guard count > 0 else { return nil }
        number += 1
        do throws(TammError) {
            guard !line.isEmpty else { throw TammError(.invalidInput, "wanted a workspace, found an empty line") }
            guard line.count <= AdoptedWorkspace.maxBytes else {
                let found = isEnded ? count - 1 : count
                throw TammError(.invalidInput, "wanted at most \(AdoptedWorkspace.maxBytes) bytes, found \(found)")
            }
            return AdoptionLine(number: number, content: .success(try AdoptedWorkspace(json: line)))
        } catch {
            return AdoptionLine(number: number, content: .failure(error.about("line \(number)")))
        }
    }
}
