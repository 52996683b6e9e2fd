internal import Crypto

/// A secret that goes into the digest of every API key and is kept outside of the database: who has stolen the database
/// cannot even try keys.
public struct Pepper: Sendable, Hashable {
    /// 1 to 32,767; what a digest was made with is stored beside it.
    public let version: Int
    let secret: Secret

    /// - Parameter secret: 32 to 1,024 bytes.
    /// - Throws: `invalidInput` outside the bounds.
    public init(version: Int, _ secret: Secret) throws(TammError) {
        guard (1...Int(Int16.max)).contains(version) else {
            throw TammError(.invalidInput, "a pepper's version is 1 to 32767, found \(version)", field: "version")
        }
        guard (32...1024).contains(secret.count) else {
            throw TammError(.invalidInput, "a pepper has 32 to 1024 bytes, found \(secret.count)", field: "secret")
        }
        (self.version, self.secret) = (version, secret)
    }

    public static func == (a: Self, b: Self) -> Bool { a.version == b.version && a.secret == b.secret }
    public func hash(into hasher: inout Hasher) { hasher.combine(version) }
}

/// How API keys are digested: HMAC-SHA256 under the current pepper. The others are known as long as keys of theirs are
/// in use, which move to the current one when they are used.
///
/// Processes are given a new pepper in two rounds, one process after the other: first all know it, with the old one
/// current; then it is current everywhere. In one round, keys that a new process makes or moves would be unknown to those
/// that are still to come.
public struct PepperRing: Sendable {
    /// How many versions may be known at once.
    public static let maximum = 4

    private struct Entry {
        let version: Int
        /// Nil: SHA-256 without a pepper, version 0.
        let hmac: KeyedHMAC<SHA256>?
        var isPeppered: Bool { version != 0 }

        @inline(__always)
        func digest(of text: UnsafeRawBufferPointer) -> APIKeyDigest {
            let digest =
                isPeppered
                ? hmac!.digest { unsafe $0.update(bufferPointer: text) }  // Forced: a binding would copy both states.
                : Self.hash(text)
            return unsafe digest.withUnsafeBytes { bytes in
                APIKeyDigest(version: version, words: unsafe bytes.loadUnaligned(as: SIMD4<UInt64>.self))
            }
        }

        private static func hash(_ text: UnsafeRawBufferPointer) -> SHA256.Digest {
            var hash = SHA256()
            unsafe hash.update(bufferPointer: text)
            return hash.finalize()
        }
    }

    private let current: Entry
    private let others: [Entry]

    /// - Parameters:
    ///   - peppers: 1 to ``maximum``, of different versions.
    ///   - version: the current one; nil: the highest.
    ///   - unpeppered: whether keys that were made ``withoutPepper``, as version 0, are known too; it counts as one more.
    /// - Throws: `invalidInput` for another number of them, a version given twice or a current one that is not there.
    public init(_ peppers: [Pepper], current version: Int? = nil, unpeppered: Bool = false) throws(TammError) {
        let count = peppers.count + (unpeppered ? 1 : 0)
        guard !peppers.isEmpty, count <= Self.maximum, Set(peppers.map(\.version)).count == peppers.count else {
            throw TammError(
                .invalidInput, "wanted 1 to \(Self.maximum) peppers of different versions, found \(count)",
                field: "peppers")
        }
        var entries = peppers.sorted { $0.version > $1.version }.map {
            Entry(version: $0.version, hmac: KeyedHMAC(key: $0.secret))
        }
        if unpeppered { entries.append(Entry(version: 0, hmac: nil)) }
        guard let index = version.map({ version in entries.firstIndex { $0.version == version } }) ?? 0 else {
            throw TammError(.invalidInput, "wanted one of the peppers, found version \(version ?? 0)", field: "current")
        }
        current = entries.remove(at: index)
        others = entries
    }

    private init() { (current, others) = (Entry(version: 0, hmac: nil), []) }

    /// SHA-256 alone: 256 random bits cannot be guessed, but whoever may write the database can add a key of his own.
    public static let withoutPepper = PepperRing()

    /// The version that new keys are digested with.
    public var version: Int { current.version }

    /// The digests that the key may be known by.
    package func digests(of key: PresentedAPIKey) -> APIKeyDigests {
        unsafe withContiguousUTF8(key.text) { unsafe digests(of: $0) }
    }

    /// The same of a text; nil where it is no key's, by its form or its checksum.
    @inline(__always)
    func digests(of text: borrowing String) -> APIKeyDigests? {
        unsafe withContiguousUTF8(text) { unsafe PresentedAPIKey.check($0) == nil ? nil : digests(of: $0) }
    }

    @inline(__always)
    private func digests(of text: UnsafeRawBufferPointer) -> APIKeyDigests {
        var digests = APIKeyDigests(current: unsafe current.digest(of: text))
        if !others.isEmpty { digests.older = others.map { unsafe $0.digest(of: text) } }
        return digests
    }
}

/// 32 bytes by which a store finds a key, and the version of the pepper they were made with.
///
/// Digests compare in constant time, and hash by their first bytes, which nobody can choose.
public struct APIKeyDigest: Sendable, Hashable {
    public let version: Int
    /// The bytes as they lie in memory. No vector: what is aligned to more than 16 bytes does not go through tasks.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(version: Int, words: SIMD4<UInt64>) {
        (self.version, self.words) = (version, (words[0], words[1], words[2], words[3]))
    }

    /// A digest as a store has kept it.
    ///
    /// - Throws: `invalidInput` unless there are 32 bytes.
    public init(version: Int, bytes: [UInt8]) throws(TammError) {
        guard bytes.count == 32 else { throw TammError(.invalidInput, "wanted 32 bytes of digest, found \(bytes.count)") }
        self.init(version: version, words: unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: SIMD4<UInt64>.self) })
    }

    /// The first eight bytes.
    package var prefix: UInt64 { words.0 }

    /// The 32 bytes.
    public var bytes: [UInt8] { unsafe withUnsafeBytes(of: words) { unsafe Array($0) } }

    public static func == (a: Self, b: Self) -> Bool {
        let (x, y) = (a.words, b.words)
        return (x.0 ^ y.0) | (x.1 ^ y.1) | (x.2 ^ y.2) | (x.3 ^ y.3) == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// What one key may be known by: a digest for each pepper, the current one's first.
public struct APIKeyDigests: Sendable {
    public let current: APIKeyDigest
    public internal(set) var older: [APIKeyDigest] = []

    public init(current: APIKeyDigest, older: [APIKeyDigest] = []) { (self.current, self.older) = (current, older) }

    /// All of them, the current one first.
    public var all: [APIKeyDigest] { [current] + older }

    /// Whether one of them is `digest`, compared in constant time each.
    @inline(__always)
    func contains(_ digest: APIKeyDigest) -> Bool { current == digest || older.contains { $0 == digest } }
}
