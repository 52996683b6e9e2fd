import TammCore

/// What one transaction of the ledger knows of its wallets, and what of that the server has to prove before it commits.
struct WalletMemory {
    private let cache: WalletCache
    private let mayTrust: Bool
    /// What the cache was when the transaction began.
    private let epoch: Int
    /// Whether it goes by wallets that it has neither locked nor read.
    private(set) var isTrusted = false
    /// All that it has to do with.
    private var places = WalletPlaces()
    /// What is known of each place; nil: has to be read.
    private var known: [KnownWallet?] = []
    /// Whether each is as it is known: read under its lock, or written since.
    private var isProven: [Bool] = []
    private var unprovenKeys: [CommandKey] = []
    private var keys: [CommandKey] = []

    /// - Parameter mayTrust: whether wallets may be gone by unread.
    init(_ cache: WalletCache, mayTrust: Bool) {
        self.cache = cache
        self.mayTrust = mayTrust
        epoch = cache.epoch
    }

    /// The batch's wallets, unread; nil where one of them has to be read. Their keys count as new.
    mutating func recall(_ batch: WalletBatch) -> [LockedWallet]? {
        guard mayTrust, let found = cache.recall(batch) else { return nil }
        isTrusted = true
        places = WalletPlaces(batch.wallets.map(\.place))
        known = found.known
        isProven = [Bool](repeating: false, count: known.count)
        unprovenKeys = batch.keys
        return found.states
    }

    /// Takes note of a wallet that was read under its lock. One that was gone by before keeps the version to be proven:
    /// what was decided by it has to be right.
    mutating func learn(_ state: WalletState, version: Int64) {
        let index = places.insert(state.wallet.place)
        let wallet = KnownWallet(state, version: version)
        if index == known.count {
            known.append(wallet)
            isProven.append(true)
        } else if isProven[index] {
            known[index] = wallet
        }
    }

    /// Takes note of keys that were found recorded: whoever asks them again has them looked up.
    mutating func learn(_ recorded: some Sequence<CommandKey>) { keys += recorded }

    /// The version of which the wallet has to be when it is written; nil for any.
    mutating func version(of place: WalletPlace) -> Int64? {
        guard let index = places.index(of: place), !isProven[index] else { return nil }
        return known[index]?.version
    }

    /// Whether the grant is one of those that a wallet is known to have.
    mutating func knows(_ grant: Grant) -> Bool {
        places.index(of: grant.wallet).flatMap { known[$0]?.has(grant.id) } ?? false
    }

    /// Takes note of a write, which proves the versions of the wallets that it changes.
    mutating func note(_ changes: WalletChanges, renewing renewed: [WalletPlace]) {
        for wallet in changes.wallets { renew(wallet.place, with: wallet) }
        for place in renewed { renew(place) }
        for grant in changes.grants { if let index = places.index(of: grant.wallet) { known[index]?.put(grant) } }
        for hold in changes.holds { if let index = places.index(of: hold.wallet) { known[index]?.put(hold) } }
        for index in known.indices where known[index]?.isComplete == false { known[index] = nil }
        let recorded = changes.commands.map(\.key)
        if isTrusted { unprovenKeys.remove(proven: recorded) }
        keys += recorded
    }

    private mutating func renew(_ place: WalletPlace, with wallet: Wallet? = nil) {
        guard let index = places.index(of: place) else { return }
        known[index]?.renew(with: wallet)
        isProven[index] = true
    }

    /// Sends what makes the transaction fail where it went by something that is not so: a refusal is right only of the
    /// wallet as it stands.
    func prove(in session: Session) throws(TammError) {
        let unproven = isProven.indices.filter { !isProven[$0] }
        if !unproven.isEmpty {
            try session.post(
                .proveVersions,
                PostgresParameters(places: unproven.map { places.all[$0] }, of: unproven.map { known[$0]?.version }))
        }
        if !unprovenKeys.isEmpty { try session.post(.proveNewKeys, PostgresParameters(unprovenKeys)) }
    }

    /// Keeps what the transaction has left; after it is committed.
    func keep() {
        guard !known.isEmpty else { return }
        cache.keep(known, of: places.all, keys, from: epoch, wasTrusted: isTrusted)
    }

    /// - Parameter wasMistaken: whether what it went by was not so.
    func forget(wasMistaken: Bool) { cache.forget(places.all, wasMistaken: wasMistaken) }
}

extension Array where Element: Hashable {
    fileprivate mutating func remove(proven: [Element]) {
        // Most writes prove the whole batch, in its order.
        guard proven != self else { return removeAll() }
        let gone = Set(proven)
        removeAll { gone.contains($0) }
    }
}
