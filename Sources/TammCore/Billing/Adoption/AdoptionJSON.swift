extension AdoptedWorkspace {
    /// The longest document that is read, in bytes.
    public static let maxBytes = 1 << 20

    /// Reads a workspace from one JSON document: a line of an export.
    ///
    /// Credits are decimal text (`"12.5"`), moments are text as in RFC 3339, identifiers are UUIDs of any version. A
    /// field that is not documented, a repeated one, and a number with a fraction or an exponent are refused.
    ///
    /// - Throws: `invalidInput`; the field is the path (`members[0].role`).
    public init(json: [UInt8]) throws(TammError) {
        self = try StrictJSON(parsing: json, atMost: Self.maxBytes).object { (fields) throws(TammError) in
            _ = try fields.integer("format", in: 1...1)
            let id = try fields.text("id", Identifier<Workspace>.init(parsing:))
            let createdAt = try fields.text("createdAt", Timestamp.init(parsing:))
            let workspace = try fields.text("name") { (name) throws(TammError) in
                do throws(TammError) { return try Workspace(id: id, name: name, createdAt: createdAt) } catch {
                    throw TammError(error.code, error.message)
                }
            }
            return try AdoptedWorkspace(
                workspace,
                members: fields.list("members", atMost: Self.maximumMembers) { (json) throws(TammError) in
                    try Member(of: id, json)
                },
                plan: fields.optional("plan", AdoptedPlan.init(strictJSON:)),
                lots: fields.list("lots", atMost: Self.maximumLots, GrantTerms.init(strictJSON:)))
        }
    }

    /// The workspace as one line of JSON, without the newline. Equal workspaces give equal bytes, and reading them back
    /// gives an equal workspace.
    public func json() -> [UInt8] {
        var members: [String: StrictJSON] = ["format": .integer(1), "id": .text(workspace.id.description)]
        for field in Field.allCases { members[field.rawValue] = strictJSON(field) }
        return StrictJSON.sorted(members).bytes
    }

    /// The parts of a workspace that are compared when it is adopted again.
    enum Field: String, CaseIterable {
        case name, createdAt, members, plan, lots
    }

    /// One part as it stands in the document; nil where it is absent.
    func strictJSON(_ field: Field) -> StrictJSON? {
        switch field {
        case .name: .text(workspace.name)
        case .createdAt: .text(workspace.createdAt.description)
        case .members: .array(members.map(\.adoptedJSON))
        case .plan: plan?.strictJSON
        case .lots: .array(lots.map(\.strictJSON))
        }
    }
}

extension Member {
    fileprivate init(of workspace: Identifier<Workspace>, _ json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            Member(
                workspace: workspace, user: try fields.text("user", Identifier<User>.init(parsing:)),
                role: try fields.name("role"), joinedAt: try fields.text("joinedAt", Timestamp.init(parsing:)))
        }
    }

    fileprivate var adoptedJSON: StrictJSON {
        .sorted([
            "user": .text(user.description), "role": .text(role.rawValue), "joinedAt": .text(joinedAt.description),
        ])
    }
}

extension AdoptedPlan {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            try AdoptedPlan(
                fields.text("version", PlanVersionReference.init(parsing:)), Self.standing(&fields),
                from: fields.text("from", Timestamp.init(parsing:)),
                through: fields.text("through", Timestamp.init(parsing:)),
                anchor: fields.optionalText("anchor", Timestamp.init(parsing:)), hadTrial: fields.flag("hadTrial"))
        }
    }

    private static func standing(_ fields: inout StrictJSONFields) throws(TammError) -> Standing {
        switch try fields.text("standing", { $0 }) {
        case "complimentary": return .complimentary
        case "trial": return .trial
        case "paid":
            let terms = Subscription.Terms(
                interval: try fields.name("interval"), currency: try fields.text("currency", Currency.init),
                provider: try fields.text("provider", PaymentProviderName.init))
            return .paid(terms, renews: try fields.flag("renews"))
        case let found:
            throw TammError(
                .invalidInput, "wanted complimentary, trial or paid, found \(excerpt(found))", field: "standing")
        }
    }

    fileprivate var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = [
            "version": .text(version.description), "from": .text(period.lowerBound.description),
            "through": .text(period.upperBound.description), "hadTrial": .bool(hadTrial),
        ]
        members["anchor"] = anchor.map { .text($0.description) }
        switch standing {
        case .complimentary: members["standing"] = .text("complimentary")
        case .trial: members["standing"] = .text("trial")
        case .paid(let terms, let renews):
            members["standing"] = .text("paid")
            members["interval"] = .text(terms.interval.rawValue)
            members["currency"] = .text(terms.currency.code)
            members["provider"] = .text(terms.provider.text)
            members["renews"] = .bool(renews)
        }
        return .sorted(members)
    }
}

extension GrantTerms {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            let amount = try fields.text("amount", Credits.init(parsing:))
            let category = try fields.text("category") { (text) throws(TammError) in
                guard let category = Grant.Category.allCases.first(where: { "\($0)" == text }) else {
                    throw TammError(.invalidInput, "wanted promotional, plan or purchased, found \(excerpt(text))")
                }
                return category
            }
            return try GrantTerms(
                amount, category,
                priority: fields.optional("priority") { (json) throws(TammError) in
                    Int(try json.integer(in: -1000...1000))
                } ?? 0,
                effectiveAt: fields.optionalText("effectiveAt", Timestamp.init(parsing:)),
                expiresAt: fields.optionalText("expiresAt", Timestamp.init(parsing:)),
                source: fields.optionalText("source", IdempotencyKey.init))
        }
    }

    fileprivate var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = [
            "amount": .text(amount.description), "category": .text("\(category)"),
        ]
        if priority != 0 { members["priority"] = .integer(Int64(priority)) }
        members["effectiveAt"] = effectiveAt.map { .text($0.description) }
        members["expiresAt"] = expiresAt.map { .text($0.description) }
        members["source"] = source.map { .text($0.text) }
        return .sorted(members)
    }
}

extension StrictJSONFields {
    /// Reads text that may be absent.
    fileprivate mutating func optionalText<Value>(
        _ name: String, _ parse: (String) throws(TammError) -> Value
    ) throws(TammError) -> Value? {
        try optional(name) { (json) throws(TammError) in
            guard case .text(let text) = json else { throw json.refusal("text") }
            return try parse(text)
        }
    }

    /// Reads the raw value of a case.
    fileprivate mutating func name<Value: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(TammError) -> Value where Value.RawValue == String {
        try text(name) { (text) throws(TammError) in
            guard let value = Value(rawValue: text) else {
                let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
                throw TammError(.invalidInput, "wanted one of \(names), found \(excerpt(text))")
            }
            return value
        }
    }
}
