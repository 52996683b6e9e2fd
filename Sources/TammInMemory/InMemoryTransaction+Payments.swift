import TammCore

/// Payments and what leads to them.
struct PaymentShelf {
    var payments: [PaymentPlace: Payment] = [:]
    var byWorkspace: [Identifier<Workspace>: SortedList<Identifier<Payment>>] = [:]
    var byOpening: [Identifier<Workspace>: SortedList<Opening>] = [:]
    var orders: [ProviderReference: PaymentPlace] = [:]
    var claims: [ProviderReference: PaymentPlace] = [:]
    var due = SortedList<DuePayment>()
    var review = SortedList<PaymentPlace>()
    var unmatched: [UnmatchedTransaction.Place: UnmatchedTransaction] = [:]
    var unmatchedPlaces = SortedList<UnmatchedTransaction.Place>()
    var cards: [Identifier<Workspace>: SavedCard] = [:]

    /// A payment's place in the order of opening.
    struct Opening: Comparable {
        let at: Timestamp
        let id: Identifier<Payment>

        static func < (a: Self, b: Self) -> Bool { (a.at, a.id) < (b.at, b.id) }
    }

    /// Which field of `payment` names what is another payment's.
    func conflict(of payment: Payment) -> String? {
        if let order = payment.order, let other = orders[order], other != payment.place { return "order" }
        for reference in payment.transfers {
            if let other = claims[reference], other != payment.place { return "claim" }
        }
        return nil
    }

    mutating func set(_ place: PaymentPlace, _ payment: Payment?) {
        if let present = payments[place] {
            if let order = present.order { orders[order] = nil }
            for reference in present.transfers { claims[reference] = nil }
            if let at = present.dueAt, at != payment?.dueAt { due.remove(DuePayment(at: at, payment: place)) }
            if !(payment?.isForReview ?? false) { review.remove(place) }
            if payment == nil { byWorkspace[place.workspace]?.remove(place.id) }
            if payment?.openedAt != present.openedAt {
                byOpening[place.workspace]?.remove(Opening(at: present.openedAt, id: place.id))
            }
        }
        payments[place] = payment
        guard let payment else { return }
        byWorkspace[place.workspace, default: SortedList()].insert(place.id)
        byOpening[place.workspace, default: SortedList()].insert(Opening(at: payment.openedAt, id: place.id))
        if let order = payment.order { orders[order] = place }
        for reference in payment.transfers { claims[reference] = place }
        if let at = payment.dueAt { due.insert(DuePayment(at: at, payment: place)) }
        if payment.isForReview { review.insert(place) }
    }

    /// What is kept of the order's transactions, in the order of their ids.
    func unmatched(of order: ProviderReference) -> [UnmatchedTransaction] {
        let first = UnmatchedTransaction.Place(order: order, transaction: "")
        let rest = unmatchedPlaces.elements[unmatchedPlaces.position(of: first)...]
        return rest.prefix { $0.order == order }.compactMap { unmatched[$0] }
    }

    mutating func set(_ place: UnmatchedTransaction.Place, _ row: UnmatchedTransaction?) {
        unmatched[place] = row
        if row == nil { unmatchedPlaces.remove(place) } else { unmatchedPlaces.insert(place) }
    }
}

extension InMemoryTransaction {
    borrowing func payment(_ place: PaymentPlace) -> Payment? {
        mayRead(.payments, place.workspace) ? memory.shelf.payments[place] : nil
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int
    ) -> [Payment] {
        guard mayRead(.payments, workspace), let ids = memory.shelf.byWorkspace[workspace] else { return [] }
        return ids.page(after: cursor, limit: limit).compactMap {
            memory.shelf.payments[PaymentPlace(workspace: workspace, id: $0)]
        }
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>,
        limit: Int
    ) -> [Payment] {
        guard mayRead(.payments, workspace), let openings = memory.shelf.byOpening[workspace] else { return [] }
        let start = PaymentShelf.Opening(at: range.lowerBound, id: Identifier(high: 0, low: 0))
        var found: [Payment] = []
        for opening in openings.elements[openings.position(of: start)...] {
            guard opening.at < range.upperBound, found.count < limit else { break }
            let payment = memory.shelf.payments[PaymentPlace(workspace: workspace, id: opening.id)]
            if let payment, payment.provider == provider { found.append(payment) }
        }
        return found
    }

    borrowing func put(_ payment: Payment) throws(TammError) {
        try requireWorkspace(payment.workspace)
        try requireWrite(.payments, payment.workspace)
        if let field = memory.shelf.conflict(of: payment) {
            throw TammError(.conflict, "the \(field) of payment \(payment.id) is another payment's", field: field)
        }
        memory.willUndo(.payment(payment.place, memory.shelf.payments[payment.place]))
        memory.shelf.set(payment.place, payment)
    }

    borrowing func payment(ordered order: ProviderReference) -> PaymentPlace? {
        isPlatform ? memory.shelf.orders[order] : nil
    }

    borrowing func payment(claiming reference: ProviderReference) -> PaymentPlace? {
        isPlatform ? memory.shelf.claims[reference] : nil
    }

    borrowing func duePayments(by moment: Timestamp, after cursor: DuePayment?, limit: Int) -> [DuePayment] {
        guard principal == .service else { return [] }
        return memory.shelf.due.page(after: cursor, limit: limit).filter { $0.at <= moment }
    }

    borrowing func paymentsForReview(after cursor: PaymentPlace?, limit: Int) -> [Payment] {
        guard isPlatform else { return [] }
        return memory.shelf.review.page(after: cursor, limit: limit).compactMap { memory.shelf.payments[$0] }
    }

    borrowing func lockUnmatched(
        _ transaction: String, of order: ProviderReference
    ) throws(TammError) -> UnmatchedTransaction? {
        try requirePlatform()
        return memory.shelf.unmatched[.init(order: order, transaction: transaction)]
    }

    borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError) {
        try requirePlatform()
        set(unmatched.place, unmatched)
    }

    borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction] {
        try requirePlatform()
        let rows = memory.shelf.unmatched(of: order)
        for row in rows { set(row.place, nil) }
        return rows
    }

    borrowing func unmatched(after cursor: UnmatchedTransaction.Place?, limit: Int) -> [UnmatchedTransaction] {
        guard isPlatform else { return [] }
        return memory.shelf.unmatchedPlaces.page(after: cursor, limit: limit).compactMap {
            memory.shelf.unmatched[$0]
        }
    }

    private borrowing func set(_ place: UnmatchedTransaction.Place, _ row: UnmatchedTransaction?) {
        memory.willUndo(.unmatched(place, memory.shelf.unmatched[place]))
        memory.shelf.set(place, row)
    }

    borrowing func savedCard(of workspace: Identifier<Workspace>) -> SavedCard? {
        mayRead(.savedCards, workspace) ? memory.shelf.cards[workspace] : nil
    }

    borrowing func put(_ card: SavedCard) throws(TammError) {
        try requireWorkspace(card.workspace)
        try requireWrite(.savedCards, card.workspace)
        setCard(card.workspace, card)
    }

    borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError) {
        try requireWorkspace(workspace)
        try requireWrite(.savedCards, workspace)
        setCard(workspace, nil)
    }

    private borrowing func setCard(_ workspace: Identifier<Workspace>, _ card: SavedCard?) {
        memory.willUndo(.card(workspace, memory.shelf.cards[workspace]))
        memory.shelf.cards[workspace] = card
    }

    /// Whether the principal sees what belongs to no workspace.
    private var isPlatform: Bool {
        switch principal {
        case .service: true
        case .platformAdmin(let user): memory.platformAdmins.contains(user)
        case .user, .key, .ledger: false
        }
    }

    private borrowing func requirePlatform() throws(TammError) {
        guard isPlatform else { throw TammError(.forbidden, "this belongs to the platform") }
    }
}
