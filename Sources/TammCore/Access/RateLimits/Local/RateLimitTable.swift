/// The states of a shard: open addressing with linear probing in slots of 32 bytes.
///
/// A slot is taken until the table is built anew; an expired one is taken over by the next that comes by. The table grows
/// by half, so that a state takes 40 to 60 bytes.
struct RateLimitTable {
    /// Where a subject's states under one policy are.
    struct Place {
        let high: UInt64, low: UInt64

        @inline(__always)
        init(_ key: RateLimitKey) { (high, low) = (key.high ^ key.policy, key.low ^ key.policy) }

        @inline(__always)
        func shard(of count: Int) -> Int { Int(truncatingIfNeeded: low) & (count - 1) }

        /// Tells a policy's quotas from one another; they are neighbours in the table.
        @inline(__always)
        func low(ofQuota index: Int) -> UInt64 { low &+ UInt64(truncatingIfNeeded: index) &* 0x9e37_79b9_7f4a_7c15 }
    }

    private struct Slot {
        var high: UInt64
        var low: UInt64
        /// ``nobody`` where the slot is free.
        var expiry: Int64
        var detail: Int64

        static let nobody: Int64 = -1
        static let free = Slot(high: 0, low: 0, expiry: nobody, detail: 0)

        @inline(__always)
        var state: RateLimitState { RateLimitState(expiry: expiry, detail: detail) }
    }

    private let capacity: Int
    private var slots: [Slot] = []
    /// Slots that are not free.
    private(set) var count = 0
    private(set) var evicted = 0
    /// How many may be taken before the table is built anew.
    private var room = 0

    init(capacity: Int) { self.capacity = max(RateLimitPolicy.maximumQuotas, capacity) }

    mutating func decide(
        _ quotas: [RateLimitQuota], _ cost: Int64, _ place: Place, at now: RateLimitInstant
    ) -> RateLimitDecision {
        var tally = RateLimitTally()
        for index in quotas.indices {
            let low = place.low(ofQuota: index)
            let found = find(place.high, low)
            let verdict = quotas[index].terms.decide(cost, from: found.map { slots[$0].state }, at: now)
            tally.add(verdict, ofQuota: index)
            if quotas.count == 1, verdict.isAdmitted, cost > 0, let state = verdict.state {
                put(state, place.high, low, at: found, now)
            }
        }
        if quotas.count > 1, cost > 0, tally.isAdmitted {
            for index in quotas.indices {
                let low = place.low(ofQuota: index)
                let found = find(place.high, low)
                let verdict = quotas[index].terms.decide(cost, from: found.map { slots[$0].state }, at: now)
                if let state = verdict.state { put(state, place.high, low, at: found, now) }
            }
        }
        return tally.decision(at: now, by: .local)
    }

    mutating func refund(_ refund: RateLimitRefund, _ place: Place, at now: RateLimitInstant) {
        let request = refund.request
        for (index, quota) in request.policy.quotas.enumerated() {
            guard let found = find(place.high, place.low(ofQuota: index)) else { continue }
            let state = quota.refund(request.cost, chargedAt: refund.chargedAt, from: slots[found].state, at: now)
            slots[found].expiry = state?.expiry ?? 0
            slots[found].detail = state?.detail ?? 0
        }
    }

    @inline(__always)
    private func home(_ high: UInt64) -> Int {
        Int(truncatingIfNeeded: high.multipliedFullWidth(by: UInt64(truncatingIfNeeded: slots.count)).high)
    }

    @inline(__always)
    private func find(_ high: UInt64, _ low: UInt64) -> Int? {
        guard count > 0 else { return nil }
        var index = home(high)
        while true {
            let slot = slots[index]
            if slot.high == high, slot.low == low, slot.expiry != Slot.nobody { return index }
            if slot.expiry == Slot.nobody { return nil }
            index += 1
            if index == slots.count { index = 0 }
        }
    }

    @inline(__always)
    private mutating func put(
        _ state: RateLimitState, _ high: UInt64, _ low: UInt64, at found: Int?, _ now: RateLimitInstant
    ) {
        if let found {
            slots[found].expiry = state.expiry
            slots[found].detail = state.detail
        } else {
            insert(Slot(high: high, low: low, expiry: state.expiry, detail: state.detail), now)
        }
    }

    /// Takes the first slot on the way that is free or expired; the key has none yet.
    private mutating func insert(_ slot: Slot, _ now: RateLimitInstant) {
        if count >= room { rebuild(at: now) }
        var index = home(slot.high)
        while slots[index].expiry > now.nanoseconds {
            index += 1
            if index == slots.count { index = 0 }
        }
        if slots[index].expiry == Slot.nobody { count += 1 }
        slots[index] = slot
    }

    /// Builds the table anew without what has expired, half as large again as what is left; at its capacity without
    /// the eighth that would expire first.
    private mutating func rebuild(at now: RateLimitInstant) {
        var kept = slots.filter { $0.expiry > now.nanoseconds }
        if kept.count >= capacity {
            kept.sort { $0.expiry < $1.expiry }
            let dropped = kept.count - capacity + max(1, capacity / 8)
            kept.removeFirst(dropped)
            evicted += dropped
        }
        room = min(capacity, max(16, kept.count + kept.count / 2))
        slots = [Slot](repeating: .free, count: room + room / 4 + 1)
        count = kept.count
        for slot in kept {
            var index = home(slot.high)
            while slots[index].expiry != Slot.nobody {
                index += 1
                if index == slots.count { index = 0 }
            }
            slots[index] = slot
        }
    }
}
