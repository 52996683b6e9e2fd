import TammCore

/// Everything that is stored, and how to undo what the running transaction has done to it.
final class Memory {
    struct MemberKey: Hashable {
        let workspace: Identifier<Workspace>
        let user: Identifier<User>
    }

    var workspaces: [Identifier<Workspace>: Workspace] = [Workspace.platform.id: .platform]
    var members: [MemberKey: Member] = [:]
    /// The members of each workspace, in the order of their identifiers.
    var users: [Identifier<Workspace>: SortedList<Identifier<User>>] = [:]
    var subscriptions: [Identifier<Workspace>: StoredSubscription] = [:]
    var dueSubscriptions = SortedList<Due>()
    var shelf = PaymentShelf()
    var platformAdmins: Set<Identifier<User>> = []
    var invitations: [Identifier<Workspace>: InvitationLog] = [:]
    var keys = KeyRack()
    var cells: [WalletPlace: WalletCell] = [:]
    var walletPlaces = SortedList<WalletPlace>()
    var walletsByWorkspace: [Identifier<Workspace>: SortedList<WalletPlace>] = [:]
    var commands = CommandLog()
    var usage: [Identifier<Workspace>: UsageLog] = [:]

    var audit: [AuditPlace: RecordChain] = [:]
    /// Those of which something was recorded, also where it was taken back since.
    var auditedWorkspaces = SortedList<Identifier<Workspace>>()

    /// The usage of a workspace, in the order in which it was recorded.
    struct UsageLog {
        var events: [RecordedUsage] = []
        var positions: [UsageEvent.ID: Int] = [:]
    }

    /// The inverse of one write.
    enum Undo {
        case workspace(Identifier<Workspace>)
        case member(MemberKey, Member?)
        case status(Identifier<Workspace>, Workspace)
        case platformAdmin(Identifier<User>, Bool)
        case invitation(Identifier<Workspace>, Identifier<Invitation>, Invitation?)
        case key(APIKeyPlace, StoredAPIKey?)
        case reader(Identifier<APIKeyReader>, APIKeyReader?)
        case refreshNumber(Int64)
        case subscription(Identifier<Workspace>, StoredSubscription?)
        case payment(PaymentPlace, Payment?)
        case unmatched(UnmatchedTransaction.Place, UnmatchedTransaction?)
        case card(Identifier<Workspace>, SavedCard?)
        case walletInsert(Wallet)
        case wallet(WalletCell, Wallet)
        case entries(WalletCell, Int)
        case grant(WalletCell, Identifier<Grant>, Grant?)
        case hold(WalletCell, Identifier<Hold>, Hold?)
        case receivable(WalletCell, Identifier<Receivable>, Receivable?)
        case quota(WalletCell, QuotaCounter.Key, UInt64?)
        case newCommand
        case command(RecordedCommand)
        case usage(Identifier<Workspace>)
        case audit(AuditHead)
    }

    /// On whose behalf the running transaction runs.
    var principal = Principal.service
    private var log: [Undo] = []

    func willUndo(_ undo: Undo) { log.append(undo) }

    func commit() { log.removeAll(keepingCapacity: log.count <= 4096) }

    /// Where the log stands; ``rollBack(to:)`` undoes what comes after.
    var mark: Int { log.count }

    func rollBack() {
        rollBack(to: 0)
        commit()
    }

    func rollBack(to mark: Int) {
        while log.count > mark, let undo = log.popLast() {
            switch undo {
            case .workspace(let id): setWorkspace(id, nil)
            case .member(let key, let member): setMember(key, member)
            case .status(let id, let workspace): setWorkspace(id, workspace)
            case .platformAdmin(let user, let isAdmin): setPlatformAdmin(user, isAdmin)
            case .invitation(let workspace, let id, let invitation):
                invitations[workspace, default: InvitationLog()].set(id, invitation)
            case .key(let place, let stored): keys.set(place, stored)
            case .reader(let id, let reader): keys.set(id, reader)
            case .refreshNumber(let number): keys.refreshNumber = number
            case .subscription(let workspace, let stored): setSubscription(workspace, stored)
            case .payment(let place, let payment): shelf.set(place, payment)
            case .unmatched(let place, let row): shelf.set(place, row)
            case .card(let workspace, let card): shelf.cards[workspace] = card
            case .walletInsert(let wallet):
                cells[wallet.place] = nil
                walletPlaces.remove(wallet.place)
                walletsByWorkspace[wallet.workspace]?.remove(wallet.place)
            case .wallet(let cell, let wallet): cell.wallet = wallet
            case .entries(let cell, let count): cell.entries.removeLast(cell.entries.count - count)
            case .grant(let cell, let id, let grant): cell.set(id, grant)
            case .hold(let cell, let id, let hold): cell.set(id, hold)
            case .receivable(let cell, let id, let receivable): cell.set(id, receivable)
            case .quota(let cell, let key, let used): cell.quotas[key] = used
            case .newCommand: commands.removeLast()
            case .command(let command): commands.replace(command)
            case .audit(let head): audit[head.place]?.cut(to: head)
            case .usage(let workspace):
                if let last = usage[workspace]?.events.popLast() { usage[workspace]?.positions[last.event.id] = nil }
            }
        }
    }

    /// Who the principal is found to be in this workspace.
    func standing(of principal: Principal, in workspace: Identifier<Workspace>) -> RowPolicy.Standing {
        switch principal {
        case .service: return .service
        case .ledger: return .ledger
        case .platformAdmin(let user): return platformAdmins.contains(user) ? .platformAdmin : .stranger
        case .user(let user, let own):
            guard own == workspace, let member = members[.init(workspace: own, user: user)] else { return .stranger }
            return .member(member.role, of: own)
        case .key(let id, let own):
            guard own == workspace, workspaces[own]?.status == .active,
                let key = keys.rows[APIKeyPlace(workspace: own, id: id)]?.key, key.status == .active
            else { return .stranger }
            return .key(Set(key.terms.scopes.compactMap(Permission.init)), of: own)
        }
    }

    func setWorkspace(_ id: Identifier<Workspace>, _ workspace: Workspace?) {
        workspaces[id] = workspace
        keys.noteChange()
    }

    func setMember(_ key: MemberKey, _ member: Member?) {
        let present = members[key]
        members[key] = member
        if present == nil, member != nil { users[key.workspace, default: SortedList()].insert(key.user) }
        if present != nil, member == nil { users[key.workspace]?.remove(key.user) }
    }

    func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) {
        if isAdmin { platformAdmins.insert(user) } else { platformAdmins.remove(user) }
    }
}

/// Distinct elements in ascending order; cheap to add to at the end, where new identifiers go.
struct SortedList<Element: Comparable> {
    private(set) var elements: [Element] = []

    /// Where `element` is or would be.
    func position(of element: Element) -> Int {
        if let last = elements.last, last < element { return elements.count }
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insert(_ element: Element) {
        let index = position(of: element)
        if index == elements.count || elements[index] != element { elements.insert(element, at: index) }
    }

    mutating func remove(_ element: Element) {
        let index = position(of: element)
        if index < elements.count, elements[index] == element { elements.remove(at: index) }
    }

    /// At most `limit` elements after `cursor`, from the beginning where it is nil.
    func page(after cursor: Element?, limit: Int) -> ArraySlice<Element> {
        guard let cursor else { return elements.prefix(limit) }
        let index = position(of: cursor)
        let start = index < elements.count && elements[index] == cursor ? index + 1 : index
        return elements[start...].prefix(limit)
    }
}
