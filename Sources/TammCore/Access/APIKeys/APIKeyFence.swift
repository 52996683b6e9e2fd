/// Waits, after a change, until no process answers for keys from before it.
///
/// Without readers that is at once: every answer is read from the store. A reader is asked to forget what it knows; one
/// that does not say it has done so is waited for as long as it may answer from its cache, by the steady clock of this
/// process, and no longer. A notification may make readers faster; nothing here rests on it.
struct APIKeyFence: Sendable {
    static let interval: Duration = .milliseconds(5)

    let store: any TammStore
    let clock: SteadyClock

    /// The change is done when this begins, and the wait is not cut short by a cancellation.
    func pass() async { await Task { await wait() }.value }

    private func wait() async {
        let asked: (number: Int64, readers: [APIKeyReader])?
        do throws(TammError) {
            asked = try await store.transaction(as: .service) { t throws(TammError) in
                let readers = try t.apiKeyReaders()
                return readers.isEmpty ? nil : (try t.askForRefresh(), readers)
            }
        } catch {
            // The change is done; without knowing who has a cache, as long as any may be stale.
            return await clock.wait(for: APIKeyCache.maximumStaleness)
        }
        guard let (number, all) = asked else { return }
        let began = clock.uptime()
        var readers = all.filter { $0.acknowledged < number }
        while true {
            let elapsed = clock.uptime() - began
            let waiting = readers.filter { $0.staleness > elapsed }
            if waiting.isEmpty { break }
            let rest = waiting.map { $0.staleness - elapsed }.max() ?? .zero
            await clock.wait(for: min(Self.interval, rest))
            let found = try? await store.transaction(as: .service) { t throws(TammError) in try t.apiKeyReaders() }
            if let found { readers = found.filter { $0.acknowledged < number } }
        }
        // They have lost the right to answer from their caches until they come back, and are not waited for again.
        for reader in readers {
            try? await store.transaction(as: .service) { t throws(TammError) in
                try t.remove(reader.id, acknowledgedBefore: number)
            }
        }
    }
}
