import TammCore

extension BillingProperty {
    package static let idempotentReplay = BillingProperty(
        name: "idempotent-replay",
        sentence: "A key acts once: the same request is answered again, another request is a conflict that names the field."
    ) { o in
        var known = o.past.receipts
        var commands = o.past.commands
        for answer in o.answers where known[answer.command.key] == nil {
            if let receipt = answer.applied {
                known[receipt.key] = receipt
                commands[receipt.key] = answer.command
            }
        }
        for answer in o.answers {
            let key = answer.command.key
            let earlier = o.past.receipts[key]
            switch answer.result {
            case .success(.applied(let receipt)):
                if earlier != nil || known[key] != receipt { return "key \(key) acted twice" }
            case .success(.replayed(let receipt)):
                guard receipt == known[key] else { return "key \(key) was answered with another receipt" }
                guard commands[key] == answer.command else { return "key \(key) answered another request" }
            case .success(.refused): if earlier != nil { return "key \(key) was done and is refused now" }
            case .failure(let error):
                guard earlier != nil else { continue }
                guard error.code == .conflict, commands[key] != answer.command, error.field != nil else {
                    return "key \(key) was done, now \(error)"
                }
            }
        }
        for entry in o.entries {
            guard let command = entry.command else { continue }
            guard let receipt = o.receipts.first(where: { $0.key == command }), receipt.entries.contains(entry.sequence)
            else { return "entry \(entry.sequence) belongs to \(command), which was not applied now" }
        }
        return nil
    }

    package static let usageOnce = BillingProperty(
        name: "usage-once", sentence: "A usage event is recorded once, with the command that carries it, or not at all."
    ) { o in
        let wanted = o.answers.filter { $0.applied != nil }.flatMap { $0.command.usage }
        if Set(wanted.map(\.id)).count != wanted.count { return "a usage event was accepted twice" }
        if let again = wanted.first(where: { o.past.usage.contains($0.id) }) { return "usage \(again.id) was recorded before" }
        for answer in o.answers where answer.command.usage.contains(where: { o.past.usage.contains($0.id) }) {
            switch answer.result {
            case .success(.refused), .success(.replayed): continue
            case .success(.applied), .failure:
                if o.past.receipts[answer.command.key] == nil {
                    return "usage recorded before was not refused: \(answer.result)"
                }
            }
        }
        let found = Set(o.usage.map(\.event))
        return found == Set(wanted) && o.usage.count == wanted.count
            ? nil : "\(wanted.count) usage events were accepted, \(o.usage.count) are recorded"
    }

    package static let quotas = BillingProperty(
        name: "quotas",
        sentence: "A metered allowance admits its limit and no more, counts what is reserved until it is settled, and all that was used."
    ) { o in
        var now = o.past
        now.take(o)
        let wanted = now.quotaUsed + now.quotaReserved.values.reduce(0, +)
        if wanted != Int64(clamping: o.after.quotaUsed) { return "\(wanted) are used or reserved, counted \(o.after.quotaUsed)" }
        guard o.answers.count == 1, let answer = o.answers.first, let claim = answer.command.quota, answer.isDecided else {
            return nil
        }
        let freed = o.past.quotaReserved.filter { o.after.holds[$0.key]?.status == .expired }.values.reduce(0, +)
        let used = o.past.quotaUsed + o.past.quotaReserved.values.reduce(0, +) - freed
        let isBounded: Bool =
            switch answer.command.action {
            case .hold, .debit(_, shortfall: .refuse): true
            default: false
            }
        if answer.applied != nil, isBounded, used + Int64(claim.quantity) > Int64(claim.limit) {
            return "\(used) of \(claim.limit) were used, \(claim.quantity) more were admitted"
        }
        if case .success(.refused(.quotaExhausted)) = answer.result, used + Int64(claim.quantity) <= Int64(claim.limit) {
            return "\(used) of \(claim.limit) were used, \(claim.quantity) more were refused"
        }
        return nil
    }

    package static let justRefusals = BillingProperty(
        name: "just-refusals", sentence: "A command is refused for a reason that is there, and the refusal tells it truly."
    ) { o in
        guard o.answers.count == 1, let answer = o.answers.first, case .success(.refused(let refusal)) = answer.result else {
            return nil
        }
        let isJust: Bool =
            switch refusal {
            case .insufficientCredits(let available, let wanted):
                available == o.after.wallet.balance.available && available < wanted
            case .holdClosed(let status): status != .open
            case .aboveHold(let held, let wanted): held < wanted
            case .aboveCharge(let refundable, let wanted): refundable < wanted
            case .aboveGrant(let clawable, let wanted): clawable < wanted
            case .quotaExhausted(let limit, let used, _):
                used == o.after.quotaUsed && used + (answer.command.quota?.quantity ?? 0) > limit
            case .usageRecorded(let id): o.past.usage.contains(id)
            case .nothingOwed:
                if case .writeOff(let id) = answer.command.action { o.after.receivables[id]?.open == .zero } else { false }
            case .alreadyReinstated:
                if case .reinstate(let key) = answer.command.action { o.past.reinstated.contains(key) } else { false }
            case .aboveMaximum: o.isAboveMaximum(answer.command.action)
            case .tooManyGrants: o.after.grants.values.count(where: \.isOpen) >= o.limits.openGrants
            case .tooManyHolds: o.after.wallet.openHolds >= o.limits.openHolds
            case .tooManyReceivables:
                o.after.receivables.values.count { !$0.open.isZero } >= o.limits.openReceivables
            }
        return isJust ? nil : "\(answer.command.action) was refused: \(refusal), balance \(o.after.wallet.balance)"
    }

    package static let noOtherFailure = BillingProperty(
        name: "no-other-failure",
        sentence: "A command fails for a key used otherwise, a thing that is not there or a wrong field, and for nothing else."
    ) { o in
        for answer in o.answers {
            if case .failure(let error) = answer.result, ![.conflict, .notFound, .invalidInput].contains(error.code) {
                return "\(answer.command.action) failed: \(error)"
            }
        }
        return nil
    }

    package static let refunds = BillingProperty(
        name: "refunds", sentence: "A charge is given back once at most, to the grants that paid it."
    ) { o in
        var now = o.past
        now.take(o)
        for (charge, refunded) in now.refunded {
            guard let receipt = now.receipts[charge] else { return "a refund of \(charge), which was never charged" }
            if refunded > receipt.amount.micro { return "\(charge) charged \(receipt.amount.micro), gave back \(refunded)" }
            var paid: [Identifier<Grant>: Int64] = [:]
            for entry in now.entries[charge] ?? [] where entry.target == .consumed {
                if let grant = entry.grant { paid[grant, default: 0] += entry.amount.micro }
            }
            for (grant, amount) in now.refundedTo[charge] ?? [:]
            where amount > paid[grant, default: 0] + now.settledBy[grant, default: 0] {
                return "\(charge) took \(paid[grant, default: 0]) of grant \(grant), gave \(amount) back to it"
            }
        }
        for answer in o.answers {
            guard case .success(.refused(.aboveCharge(let refundable, _))) = answer.result, o.answers.count == 1,
                case .refund(let charge, let amount) = answer.command.action, let receipt = o.past.receipts[charge]
            else { continue }
            let left = receipt.amount.micro - o.past.refunded[charge, default: 0]
            if refundable.micro != left || amount.micro <= left { return "\(left) of \(charge) could be given back, it said \(refundable)" }
        }
        return nil
    }
}

extension Observation {
    /// Whether the wallet would hold, or owe, more than its maximum after this command.
    fileprivate func isAboveMaximum(_ action: WalletCommand.Action) -> Bool {
        let balance = after.wallet.balance
        let has = after.grants.values.reduce(Int128(balance.held.micro)) { $0 + Int128($1.remaining.micro) }
        let amount: Int128 =
            switch action {
            case .grant(let terms): Int128(terms.amount.micro)
            case .debit(let amount, _), .capture(_, let amount, _), .refund(_, let amount), .clawback(_, let amount),
                .hold(let amount, _):
                Int128(amount.micro)
            case .reinstate(let key): Int128(past.receipts[key]?.amount.micro ?? 0)
            case .release, .writeOff, .tidy: 0
            }
        let maximum = Int128(Credits.max.micro)
        return has + amount > maximum || Int128(balance.owed.micro) + amount > maximum
    }
}
