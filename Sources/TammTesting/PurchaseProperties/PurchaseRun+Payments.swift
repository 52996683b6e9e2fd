import TammCore

extension PurchaseRun {
    /// What members and administrators do with payments.
    mutating func payments(_ action: PurchaseStep.Action, _ id: Int) async throws(TammError) {
        switch action {
        case .open(let workspace, let request, let currency, let provider):
            try await open(index(workspace), request, currency, provider, key: "step:\(id)")
        case .openAgain(let number):
            guard let place = payment(number)?.place, let opening = openings[place] else { return }
            names.insert("opened again")
            try await open(opening.workspace, opening.1, opening.2, opening.3, key: opening.key)
        case .claim(let number, let reference):
            guard let payment = payment(number) else { return }
            let owner = Principal.service
            let outcome = try await world.payments.claim(payment.place, reference: "ref 12-\(reference)", as: owner)
            if note(outcome) != nil { acts.append(.claimed(payment.place)) }
        case .confirmTransfer(let number, let tender):
            guard let payment = payment(number) else { return }
            let received = try money(tender, for: payment.amount)
            let outcome = try await world.payments.confirmTransfer(
                payment.place, received: received, because: "seen", as: .service)
            guard let claim = payment.claim, let order = payment.order else { return }
            switch outcome {
            case .done, .refused(.doesNotFit), .refused(.walletRefused):
                names.insert("transfer confirmed")
                heard.append(try PaymentNotice(order: order, transaction: claim.reference.text, .captured(received)))
            case .refused: break
            }
        case .rejectTransfer(let number):
            guard let payment = payment(number) else { return }
            let outcome = try await world.payments.rejectTransfer(payment.place, because: "not seen", as: .service)
            if note(outcome) != nil { names.insert("transfer rejected") }
        case .applyKept(let number):
            guard let payment = payment(number), let order = payment.order,
                let kept = payment.transactions.first(where: { $0.unapplied > 0 })
            else { return }
            let outcome = try await world.payments.apply(kept.id, of: payment.place, because: "asked", as: .service)
            if note(outcome) != nil { acts.append(.applied(.init(order: order, transaction: kept.id))) }
        case .recordReturn(let number, let percent):
            guard let payment = payment(number), let order = payment.order,
                let row = payment.transactions.first(where: { $0.captured > $0.returned })
            else { return }
            let share = min(row.captured, row.captured * percent / 100)
            let outcome = try await world.payments.recordReturn(
                Money(minorUnits: share, row.money?.currency ?? payment.amount.currency), transaction: row.id,
                of: payment.place, because: "by hand", as: .service)
            guard note(outcome) != nil else { return }
            names.insert("return recorded")
            heard.append(try PaymentNotice(order: order, transaction: row.id, .refunded(share)))
        default: try await throughProvider(action)
        }
    }

    private mutating func throughProvider(_ action: PurchaseStep.Action) async throws(TammError) {
        switch action {
        case .refund(let number, let percent):
            guard let payment = payment(number), let row = payment.transactions.first(where: { $0.captured > $0.returned })
            else { return }
            let amount = try Money(
                minorUnits: max(1, row.captured * percent / 100), row.money?.currency ?? payment.amount.currency)
            let outcome = try await world.payments.refund(
                amount, transaction: row.id, of: payment.place,
                key: IdempotencyKey("refund-\(row.id)-\(row.returned)"), because: "asked", as: .service)
            if note(outcome) != nil { names.insert("refunded") }
        case .void(let number):
            guard let payment = payment(number), let row = payment.transactions.last(where: { $0.progress >= .authorized })
            else { return }
            if note(try await world.payments.void(row.id, of: payment.place, because: "asked", as: .service)) != nil {
                names.insert("voided")
            }
        case .capture(let number):
            guard let payment = payment(number),
                let row = payment.transactions.last(where: { $0.progress == .authorized })
            else { return }
            if note(try await world.payments.capture(row.id, of: payment.place, because: "sent", as: .service)) != nil {
                names.insert("captured")
            }
        default: break
        }
    }

    private mutating func open(
        _ index: Int, _ request: PurchaseRequest, _ currency: Currency, _ provider: PaymentProviderName, key: String
    ) async throws(TammError) {
        let outcome = try await world.payments.open(
            request, in: currency, with: provider, for: world.workspaces[index], key: IdempotencyKey(key),
            as: world.owners[index])
        guard let payment = note(outcome) else { return }
        openings[payment.place] = (index, request, currency, provider, key)
    }
}
