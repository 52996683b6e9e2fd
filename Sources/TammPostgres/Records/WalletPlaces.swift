import TammCore

/// Wallets, each with a number from 0 on. Who asks for them in the order in which they came is answered without a table.
struct WalletPlaces {
    private(set) var all: [WalletPlace]
    /// What was found last.
    private var last = -1
    /// Made when it is first needed.
    private var table: [WalletPlace: Int] = [:]

    init(_ places: [WalletPlace] = []) { all = places }

    /// The number of a wallet; nil where it is not among them.
    mutating func index(of place: WalletPlace) -> Int? {
        if isAt(last, place) { return last }
        if isAt(last + 1, place) {
            last += 1
            return last
        }
        if isAt(0, place) {
            last = 0
            return 0
        }
        guard !all.isEmpty else { return nil }
        if table.isEmpty {
            table.reserveCapacity(all.count)
            for (index, place) in all.enumerated() { table[place] = index }
        }
        guard let found = table[place] else { return nil }
        last = found
        return found
    }

    @inline(__always)
    private func isAt(_ index: Int, _ place: WalletPlace) -> Bool { all.indices.contains(index) && all[index] == place }

    mutating func contains(_ place: WalletPlace) -> Bool { index(of: place) != nil }

    /// Adds a wallet unless it is there.
    ///
    /// - Returns: its number.
    @discardableResult
    mutating func insert(_ place: WalletPlace) -> Int {
        if let found = index(of: place) { return found }
        if !table.isEmpty { table[place] = all.count }
        all.append(place)
        return all.count - 1
    }

    mutating func formUnion(_ places: some Sequence<WalletPlace>) { for place in places { insert(place) } }
}
