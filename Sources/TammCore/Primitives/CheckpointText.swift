internal import Crypto

/// What exported checkpoints have in common: a title, when it was taken, a line for each head, and an HMAC-SHA256 of
/// all lines before it, under a key that is kept elsewhere. Lines end with a line feed.
struct CheckpointText {
    static let maximumBytes = 64 << 20

    let title: String
    let takenAt: Timestamp
    /// Each without the word `head` before it.
    let heads: [Substring]

    init(title: String, takenAt: Timestamp, heads: [String]) {
        (self.title, self.takenAt, self.heads) = (title, takenAt, heads.map { $0[...] })
    }

    /// Reads a text; whoever reads it asks ``require(_:is:)`` before believing a line of it.
    ///
    /// - Throws: `invalidInput` for another form or title, or more than 64 MiB.
    init(title: String, opening text: String) throws(TammError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw TammError(.invalidInput, "a checkpoint has at most 64 MiB, found \(text.utf8.count) bytes")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines.last == "", lines[0] == title, lines[1].hasPrefix("taken "),
            lines[lines.count - 2].hasPrefix("hmac ")
        else { throw TammError(.invalidInput, "wanted an exported checkpoint, found \(excerpt(text))") }
        self.title = title
        takenAt = try Timestamp(parsing: String(lines[1].dropFirst(6)))
        var heads: [Substring] = []
        for line in lines[2..<(lines.count - 2)] {
            guard line.hasPrefix("head ") else { throw Self.malformed(line) }
            heads.append(line.dropFirst(5))
        }
        self.heads = heads
    }

    /// The whole text, authenticated with `key`.
    func sealed(_ key: Secret) -> String {
        var text = "\(title)\ntaken \(takenAt)\n"
        for head in heads { text += "head \(head)\n" }
        let code = key.reveal { key in
            Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: copy key)))
        }
        return text + "hmac \(hexadecimal(code))\n"
    }

    /// The whole text, as it is written: no other spelling of the same heads passes.
    ///
    /// - Throws: `unauthenticated`.
    static func require(_ text: String, is written: String) throws(TammError) {
        guard constantTimeEqual(Array(written.utf8), Array(text.utf8)) else {
            throw TammError(.unauthenticated, "the checkpoint's authentication does not fit the key")
        }
    }

    /// The two names, the sequence and the hash of a head.
    ///
    /// - Throws: `invalidInput`.
    static func parts(of line: Substring) throws(TammError) -> (names: [String], sequence: Int64, hash: ChainHash) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4, let sequence = Int64(decimal: words[2].utf8, decimals: 0),
            let digest = bytes(hexadecimal: words[3].utf8), let hash = ChainHash(digest)
        else { throw malformed(line) }
        return (Array(words[..<2]), sequence, hash)
    }

    private static func malformed(_ line: Substring) -> TammError {
        TammError(.invalidInput, "wanted a line of a checkpoint, found \(excerpt(String(line)))")
    }
}
