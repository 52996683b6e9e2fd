import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func savedCard(of workspace: Identifier<Workspace>) throws(TammError) -> SavedCard? {
        let found = seen(leaking: .leaksCards) { $0.savedCard(of: workspace) }
        switch (flaw, base.standing(in: workspace)) {
        case (.showsCardsToAdministrators, .platformAdmin): return unbound { $0.savedCard(of: workspace) }
        case (.sharesCards, .service): return found ?? memory.shelf.cards.values.first
        default: return found
        }
    }

    borrowing func put(_ card: SavedCard) throws(TammError) {
        switch (flaw, base.standing(in: card.workspace)) {
        case (.keepsFirstCards, _) where memory.shelf.cards[card.workspace] != nil: break
        case (.acceptsHomelessCards, _) where memory.workspaces[card.workspace] == nil: break
        case (.letsAdministratorsSaveCards, .platformAdmin):
            try unbound { t throws(TammError) in try t.put(card) }
        case (.cutsTokens, _):
            let bytes = card.token.reveal { bytes in Array(bytes.prefix { $0 != 0 }) }
            try base.put(
                SavedCard(
                    workspace: card.workspace, provider: card.provider, account: card.account,
                    token: Secret(bytes.isEmpty ? [0] : bytes), maskedNumber: card.maskedNumber, brand: card.brand,
                    savedAt: card.savedAt))
        case (.keepsFailedCards, _):
            try base.put(card)
            base.memory.commit()
        default: try base.put(card)
        }
    }

    borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError) {
        switch flaw {
        case .keepsRemovedCards where base.principal == .service && memory.workspaces[workspace] != nil: break
        case .removesHomelessCards where memory.workspaces[workspace] == nil: break
        default: try base.removeSavedCard(of: workspace)
        }
    }
}
