import TammCore

/// Keys as they were found, by their digest: of use until a key, or anything of a workspace's that decides about its
/// keys, changes.
///
/// An open table with one line of memory a key, of which there are more than the processor's cache has room for. Digests
/// are as good as random, and nobody chooses which are kept: they need no hashing.
struct FoundKeys {
    private struct Slot {
        var key: FoundAPIKey?
        /// Bits of the digest, which tell most others apart.
        var tag: UInt32 = 0
        var generation: UInt32 = 0
    }

    /// A power of two of them, at most three in four taken.
    private var slots = [Slot](repeating: Slot(), count: 16)
    private var taken = 0
    /// Never 0, which is that of a key that was forgotten alone.
    private var generation: UInt32 = 1

    /// How many slots there are.
    var capacity: Int { slots.count }

    subscript(digest: APIKeyDigest) -> FoundAPIKey? {
        @inline(__always) get {
            guard let index = index(of: digest), slots[index].generation == generation else { return nil }
            return slots[index].key
        }
    }

    /// The slot of the key with that digest, forgotten or not.
    @inline(__always)
    private func index(of digest: APIKeyDigest) -> Int? {
        var (index, tag) = place(of: digest)
        while let key = slots[index].key {
            if slots[index].tag == tag, key.digest == digest { return index }
            index = (index &+ 1) & (slots.count &- 1)
        }
        return nil
    }

    mutating func keep(_ key: FoundAPIKey) {
        if 4 * (taken + 1) > 3 * slots.count { makeRoom() }
        var (index, tag) = place(of: key.digest)
        while let other = slots[index].key, slots[index].tag != tag || other.digest != key.digest {
            index = (index &+ 1) & (slots.count &- 1)
        }
        if slots[index].key == nil { taken += 1 }
        slots[index] = Slot(key: key, tag: tag, generation: generation)
    }

    mutating func forget(_ changes: KeyRack.Changes) {
        if changes.isAny { return forgetAll() }
        for digest in changes.digests { if let index = index(of: digest) { slots[index].generation = 0 } }
    }

    /// In a time that does not grow with them.
    private mutating func forgetAll() {
        if generation == .max { self = FoundKeys() } else { generation += 1 }
    }

    /// Lets go of what is forgotten, and grows where that is not enough.
    private mutating func makeRoom() {
        let kept = slots.compactMap { $0.generation == generation ? $0.key : nil }
        var count = 16
        while count < 2 * kept.count { count *= 2 }
        slots = [Slot](repeating: Slot(), count: count)
        taken = 0
        for key in kept { keep(key) }
    }

    /// Where to begin looking, and for what.
    @inline(__always)
    private func place(of digest: APIKeyDigest) -> (index: Int, tag: UInt32) {
        let prefix = digest.prefix
        return (Int(truncatingIfNeeded: prefix) & (slots.count &- 1), UInt32(truncatingIfNeeded: prefix >> 32))
    }
}
