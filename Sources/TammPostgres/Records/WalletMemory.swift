import TammCore

/// What one transaction of the ledger knows of its wallets, and what of that the server has to prove before it commits.
struct WalletMemory {
    private let cache: WalletCache
    private let mayTrust: Bool
    /// What the cache was when the transaction began.
    private let epoch: Int
    /// Whether it goes by wallets that it has neither locked nor read.
    private(set) var isTrusted = false
    private var known: [WalletPlace: KnownWallet] = [:]
    /// All that it has to do with.
    private var places: [WalletPlace] = []
    /// What it goes by and has not written yet.
    private var unproven: [WalletPlace] = []
    private var unprovenKeys: [CommandKey] = []
    private var hasWritten = false
    private var keys: [CommandKey] = []

    /// - Parameter mayTrust: whether wallets may be gone by unread.
    init(_ cache: WalletCache, mayTrust: Bool) {
        self.cache = cache
        self.mayTrust = mayTrust
        epoch = cache.epoch
    }

    /// The batch's wallets, unread; nil where one of them has to be read. Their keys count as new.
    mutating func recall(_ batch: WalletBatch) -> [WalletState]? {
        guard mayTrust, let found = cache.recall(batch) else { return nil }
        isTrusted = true
        for (wallet, _) in found {
            known[wallet.wallet.place] = wallet
            places.append(wallet.wallet.place)
        }
        unproven = places
        unprovenKeys = batch.keys
        return found.map(\.1)
    }

    /// Takes note of a wallet that was read under its lock.
    mutating func learn(_ state: WalletState, version: Int64) {
        places.append(state.wallet.place)
        known[state.wallet.place] = KnownWallet(state, version: version)
    }

    /// Takes note of keys that were found recorded: whoever asks them again has them looked up.
    mutating func learn(_ recorded: some Sequence<CommandKey>) { keys += recorded }

    /// The version of which the wallet has to be when it is written; nil for any.
    func version(of place: WalletPlace) -> Int64? {
        guard isTrusted, !hasWritten || unproven.contains(place) else { return nil }
        return known[place]?.version
    }

    /// Whether the grant is one of those that a wallet is known to have.
    func knows(_ grant: Grant) -> Bool { known[grant.wallet]?.has(grant.id) ?? false }

    /// Takes note of a write, which proves the versions of the wallets that it changes.
    mutating func note(_ changes: WalletChanges, renewing renewed: [WalletPlace]) {
        KnownWallet.apply(changes, to: &known, renewing: renewed)
        let recorded = changes.commands.map(\.key)
        if isTrusted {
            unproven.remove(proven: changes.wallets.map(\.place) + renewed)
            unprovenKeys.remove(proven: recorded)
            hasWritten = true
        }
        keys += recorded
    }

    /// Sends what makes the transaction fail where it went by something that is not so: a refusal is right only of the
    /// wallet as it stands.
    func prove(in session: Session) throws(TammError) {
        if !unproven.isEmpty {
            try session.post(.proveVersions, PostgresParameters(places: unproven) { known[$0]?.version })
        }
        if !unprovenKeys.isEmpty { try session.post(.proveNewKeys, PostgresParameters(unprovenKeys)) }
    }

    /// Keeps what the transaction has left; after it is committed.
    func keep() {
        guard !places.isEmpty else { return }
        cache.keep(known, of: places, keys, from: epoch, wasTrusted: isTrusted)
    }

    /// - Parameter wasMistaken: whether what it went by was not so.
    func forget(wasMistaken: Bool) { cache.forget(places, wasMistaken: wasMistaken) }
}

extension Array where Element: Hashable {
    fileprivate mutating func remove(proven: [Element]) {
        // Most writes prove the whole batch, in its order.
        guard proven != self else { return removeAll() }
        let gone = Set(proven)
        removeAll { gone.contains($0) }
    }
}
