import TammCore

extension StoreLaw {
    static let savedCardLaws: [StoreLaw] = [
        StoreLaw("values.card", .billing, "Every field of a saved card survives, its token byte for byte") {
            store, context in
            for card in try await context.cards(in: store) {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(card)
                    return try t.savedCard(of: card.workspace)
                }
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.savedCard(of: card.workspace)
                }
                for (row, what) in [(found, "in the same transaction"), (kept, "in the next transaction")] {
                    try context.expect(row, card, "the card \(what)")
                    try context.expect(row?.texts, card.texts, "the bytes of its texts \(what)")
                    try context.expect(row?.token == card.token, true, "whether its token is the same \(what)")
                }
            }
        },
        StoreLaw("cards.none", .billing, "A workspace that has saved no card has none, nor has one that is not there") {
            store, context in
            _ = try await context.tenant(in: store)
            for workspace in [try await context.workspace(in: store), context.id()] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.savedCard(of: workspace)
                }
                try context.expect(found, nil, "the card")
            }
        },
        StoreLaw("cards.replaced", .billing, "A card that is saved takes the place of the one before, of its workspace") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            for model in try await context.cards(in: store) {
                let card = try SavedCard(
                    workspace: tenant.id, provider: model.provider, account: model.account, token: model.token,
                    maskedNumber: model.maskedNumber, brand: model.brand, savedAt: model.savedAt)
                try await store.transaction(as: .service) { t throws(TammError) in try t.put(card) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.savedCard(of: tenant.id), try t.savedCard(of: other.id)]
                }
                try context.expect(found, [card, other.card], "the cards")
            }
        },
        StoreLaw("cards.removed", .billing, "A card that is removed is gone, others stay, and one may be saved again") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let card = try context.card(of: tenant.id)
            for _ in 0..<2 {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.removeSavedCard(of: tenant.id)
                    try t.removeSavedCard(of: tenant.id)
                    return [try t.savedCard(of: tenant.id), try t.savedCard(of: other.id)]
                }
                try context.expect(found, [nil, other.card], "the cards after the removal")
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.savedCard(of: tenant.id)
                }
                try context.expect(kept, nil, "the card in the next transaction")
                let again = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(card)
                    return try t.savedCard(of: tenant.id)
                }
                try context.expect(again, card, "the card that was saved again")
            }
        },
        StoreLaw(
            "cards.homeless", .billing, "Saving or removing a card of a workspace that is not there is refused"
        ) { store, context in
            let card = try context.card(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "saved") { t throws(TammError) in
                try t.put(card)
            }
            try await context.expect(.notFound, from: store, as: .service, "removed") { t throws(TammError) in
                try t.removeSavedCard(of: card.workspace)
            }
        },
        StoreLaw("rollback.card", .unitOfWork, "A transaction that throws leaves every saved card as it was") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let bare = try await context.workspace(in: store)
            let cards = [try context.card(of: tenant.id), try context.card(of: bare)]
            try await context.rollBack(in: store) { t throws(TammError) in
                for card in cards { try t.put(card) }
                try t.removeSavedCard(of: other.id)
                try t.removeSavedCard(of: tenant.id)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try [tenant.id, other.id, bare].map { workspace throws(TammError) in try t.savedCard(of: workspace) }
            }
            try context.expect(found, [tenant.card, other.card, nil], "the cards")
        },
        StoreLaw("writes.saved_cards", .access, "Cards are saved and removed by the service alone") { store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let mayWrite = RowPolicy.mayWrite(.savedCards, in: cast.seen.id, as: observer.standing)
                let card = try context.card(of: cast.seen.id)
                for isRemoved in [false, true] {
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        if isRemoved { try t.removeSavedCard(of: cast.seen.id) } else { try t.put(card) }
                    }
                    try context.expect(error, .savedCards, mayWrite, observer, of: cast)
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.savedCard(of: cast.seen.id)
                    }
                    let wanted = !mayWrite ? cast.seen.card : isRemoved ? nil : card
                    try context.expect(found, wanted, "the card after \(observer.name)")
                }
            }
        },
    ]
}

extension LawContext {
    /// Cards with every field at its bounds, of a new workspace each.
    fileprivate func cards(in store: any TammStore) async throws(TammError) -> [SavedCard] {
        let tokens = [
            Secret([0]), Secret((0...255).map { UInt8($0) } + (0...255).reversed().map { UInt8($0) }),
            Secret([0xff, 0, 0xc0, 0x80]), Secret(" blanks at both ends "), Secret("'\"\\%s;--"),
        ]
        let texts = ["", String(repeating: "é", count: 16), "e\u{301} is not \u{e9}", "xxxx-2346", "'\"\\%s;-- "]
        let moments = [Timestamp.min, base, .max, .epoch, at(1)]
        let providers = [PaymentProviderName.paymob, try PaymentProviderName("p" + String(repeating: ".", count: 63))]
        let accounts = ["m", String(repeating: "~", count: 128)]
        var cards: [SavedCard] = []
        for (index, token) in tokens.enumerated() {
            cards.append(
                try SavedCard(
                    workspace: await workspace(in: store), provider: providers[index % 2],
                    account: accounts[(index / 2) % 2], token: token, maskedNumber: texts[index],
                    brand: texts[(index + 2) % 5], savedAt: moments[index]))
        }
        return cards
    }
}

extension SavedCard {
    /// The bytes of what may be shown.
    fileprivate var texts: [[UInt8]] { [maskedNumber, brand].map { Array($0.utf8) } }
}
