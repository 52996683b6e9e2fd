import TammCore

extension BillingProperty {
    package static let burnDownOrder = BillingProperty(
        name: "burn-down-order",
        sentence: "Credits are spent by priority, soonest expiry, promotional before plan before purchased, effective date, age."
    ) { o in
        var available = o.past.available
        for entry in o.entries {
            guard let grant = entry.grant else { continue }
            if entry.source == .available, entry.kind == .debit || entry.kind == .hold, let spent = o.after.grants[grant] {
                for (other, left) in available where left > 0 && other != grant {
                    if let row = o.after.grants[other], rank(row).lexicographicallyPrecedes(rank(spent)) {
                        return "entry \(entry.sequence) spends \(grant), \(left) of \(other) come first"
                    }
                }
            }
            if entry.source == .available { available[grant, default: 0] -= entry.amount.micro }
            if entry.target == .available { available[grant, default: 0] += entry.amount.micro }
        }
        return nil
    }

    private static func rank(_ grant: Grant) -> [UInt64] {
        func ordered(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) ^ (1 << 63) }
        let terms = grant.terms
        return [
            ordered(Int64(terms.priority)), ordered(terms.expiresAt?.microseconds ?? .max), UInt64(terms.category.rawValue),
            ordered((terms.effectiveAt ?? grant.createdAt).microseconds), ordered(grant.createdAt.microseconds),
            grant.id.high, grant.id.low,
        ]
    }

    package static let expiry = BillingProperty(
        name: "expiry", sentence: "At the instant of its expiry a grant or hold has expired, and not before; a decision never overlooks it."
    ) { o in
        let now = o.decidedAt
        for entry in o.entries {
            if entry.recordedAt != now { return "entry \(entry.sequence) is recorded at \(entry.recordedAt), decided at \(now)" }
            let grant = entry.grant.flatMap { o.after.grants[$0] }
            let hold = entry.hold.flatMap { o.after.holds[$0] }
            switch entry.kind {
            case .debit, .hold:
                if let end = grant?.terms.expiresAt, end <= now { return "entry \(entry.sequence) spends a grant that expired at \(end)" }
                if let day = grant?.terms.effectiveAt, day > now { return "entry \(entry.sequence) spends a grant of \(day)" }
            case .capture:
                if let end = hold?.expiresAt, end <= now { return "entry \(entry.sequence) captures a hold that expired at \(end)" }
            case .grantExpiry:
                guard let end = grant?.terms.expiresAt, end <= now else { return "entry \(entry.sequence) expires a grant early" }
            case .holdExpiry:
                guard let end = hold?.expiresAt, end <= now, entry.occurredAt == end else {
                    return "entry \(entry.sequence) expires a hold early or late"
                }
            case .grant:
                if let day = grant?.terms.effectiveAt, day > now { return "entry \(entry.sequence) books a grant of \(day)" }
            default: break
            }
        }
        for case .success(.refused(.holdClosed(.expired))) in o.answers.map(\.result) where o.answers.count == 1 {
            if case .capture(let id, _, _) = o.answers[0].command.action, let end = o.after.holds[id]?.expiresAt, end > now {
                return "hold \(id) was refused as expired before \(end)"
            }
        }
        guard o.isDecided else { return nil }
        for grant in o.after.grants.values {
            if grant.status == .active, !grant.remaining.isZero, let end = grant.terms.expiresAt, end <= now {
                return "grant \(grant.id) expired at \(end) and still has \(grant.remaining)"
            }
            if grant.status == .scheduled, (grant.terms.effectiveAt ?? .min) <= now { return "grant \(grant.id) is not active yet" }
        }
        return o.after.holds.values.first { $0.status == .open && $0.expiresAt <= now }
            .map { "hold \($0.id) expired at \($0.expiresAt) and is open" }
    }

    package static let holds = BillingProperty(
        name: "holds", sentence: "A hold is settled once, spends at most what it reserved, and gives the rest back where it came from."
    ) { o in
        var now = o.past
        for entry in o.entries { now.take(entry) }
        for (id, hold) in o.after.holds {
            let left = now.held[id, default: 0]
            if left != (hold.status == .open ? hold.amount.micro : 0) { return "hold \(id) is \(hold.status), its entries leave \(left)" }
            if let before = o.before.holds[id], before.status != .open, before != hold { return "hold \(id) changed after it was settled" }
        }
        for entry in o.entries where entry.source == .held {
            guard let id = entry.hold, let hold = o.after.holds[id] else { return "entry \(entry.sequence) names no hold" }
            guard let grant = entry.grant, let portion = hold.portions.first(where: { $0.grant == grant }) else {
                return "entry \(entry.sequence) gives hold \(id) to a grant that it does not come from"
            }
            let moved = o.entries.filter { $0.source == .held && $0.hold == id && $0.grant == grant }
            let sum = moved.reduce(Int64(0)) { $0 + $1.amount.micro }
            if sum != portion.amount.micro { return "hold \(id) reserved \(portion.amount.micro) of grant \(grant), settled \(sum)" }
        }
        return nil
    }

    package static let charges = BillingProperty(
        name: "charges",
        sentence: "A charge takes what was asked; what there is no credit for is refused, left out or owed, as its policy says."
    ) { o in
        for answer in o.answers {
            guard let receipt = answer.applied else { continue }
            let (wanted, policy): (Credits, ShortfallPolicy)
            switch answer.command.action {
            case .debit(let amount, let shortfall): (wanted, policy) = (amount, shortfall)
            case .capture(let id, let amount, let shortfall):
                (wanted, policy) = (amount, shortfall)
                guard let hold = o.after.holds[id] else { return "no row of hold \(id)" }
                if hold.captured != min(hold.amount, amount) {
                    return "hold \(id) of \(hold.amount) captured \(hold.captured), wanted \(amount)"
                }
            default: continue
            }
            let entries = o.entries.filter { $0.command == receipt.key && $0.target == .consumed }
            let paid = entries.filter { $0.kind != .shortfall }.reduce(Int64(0)) { $0 + $1.amount.micro }
            let owed = entries.filter { $0.kind == .shortfall }.reduce(Int64(0)) { $0 + $1.amount.micro }
            let (charged, short) = (receipt.amount.micro, receipt.shortfall.micro)
            let isRight: Bool =
                switch policy {
                case .refuse: charged == wanted.micro && short == 0 && owed == 0
                case .cap: charged + short == wanted.micro && owed == 0
                case .owe: charged == wanted.micro && short == owed
                }
            if !isRight || paid + owed != charged {
                return "\(policy): wanted \(wanted.micro), charged \(charged), short \(short); entries paid \(paid), owe \(owed)"
            }
        }
        return nil
    }

    package static let clawback = BillingProperty(
        name: "clawback",
        sentence:
            "A clawback takes what is there and records the rest as owed; a paid grant settles it first; a dispute won gives it back once."
    ) { o in
        for (index, entry) in o.entries.enumerated() {
            if entry.kind == .shortfall, !entry.balance.available.isZero {
                return "entry \(entry.sequence) owes while \(entry.balance.available) are available"
            }
            guard entry.kind == .grant, let grant = entry.grant.flatMap({ o.after.grants[$0] }) else { continue }
            let next = o.entries.dropFirst(index + 1).first
            let settled = next.map { $0.kind == .settlement && $0.grant == grant.id } ?? false
            if settled != (grant.terms.category != .promotional && !entry.balance.owed.isZero) {
                return "grant \(grant.id) (\(grant.terms.category)) with \(entry.balance.owed) owed: settled first: \(settled)"
            }
        }
        for owed in o.after.receivables.values where !owed.open.isZero {
            if case .clawback(let grant) = owed.origin, let row = o.after.grants[grant], row.status != .scheduled,
                !row.remaining.isZero
            {
                return "grant \(grant) has \(row.remaining) while \(owed.open) of its clawback are owed"
            }
        }
        var now = o.past
        now.take(o)
        for (grant, clawed) in now.clawed {
            guard let row = o.after.grants[grant] else { return "grant \(grant) has no row" }
            if clawed > row.terms.amount.micro || clawed != row.clawedBack.micro {
                return "grant \(grant) of \(row.terms.amount): \(clawed) taken back, the row says \(row.clawedBack.micro)"
            }
        }
        for answer in o.answers {
            guard let receipt = answer.applied else { continue }
            let entries = o.entries.filter { $0.command == receipt.key }
            switch answer.command.action {
            case .clawback(_, let amount):
                let taken = entries.filter { $0.kind == .clawback }.reduce(Int64(0)) { $0 + $1.amount.micro }
                let owed = entries.filter { $0.kind == .shortfall }.reduce(Int64(0)) { $0 + $1.amount.micro }
                if taken + owed != amount.micro || owed != receipt.shortfall.micro {
                    return "a clawback of \(amount.micro) took \(taken) and owes \(owed)"
                }
            case .reinstate(let clawback):
                if o.past.reinstated.contains(clawback) { return "clawback \(clawback) was undone twice" }
            default: break
            }
        }
        return nil
    }
}
