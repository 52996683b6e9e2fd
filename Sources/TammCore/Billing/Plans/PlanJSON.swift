extension PlanCatalogue {
    /// The largest document that is read, in bytes.
    public static let maxBytes = 1 << 20

    /// Reads a catalogue from JSON.
    ///
    /// Credits are decimal text (`"12.5"`), money is decimal text in major units (`"199.00"`), counts are whole
    /// numbers; `"unlimited"` stands for no limit. Every field is required but `expiresAfterDays` and `rolloverMonths`; a field that is
    /// not documented, a repeated one, and a number with a fraction or an exponent are refused.
    ///
    /// - Throws: `invalidInput`: the message names the plan, the field is the path
    ///   (`plans[1].versions[0].prices[2].amount`).
    public init(json: [UInt8]) throws(TammError) {
        let document = try StrictJSON(parsing: json, atMost: Self.maxBytes)
        try self.init(
            plans: document.object { (fields) throws(TammError) in
                _ = try fields.integer("format", in: 1...1)
                return try fields.list("plans", atMost: 100, Plan.init(strictJSON:))
            })
    }

    /// The catalogue as JSON: plans by rank, versions by number, everything else in the order of its names. Equal
    /// catalogues give equal bytes, and reading them back gives an equal catalogue.
    public func json() -> [UInt8] {
        StrictJSON.sorted(["format": .integer(1), "plans": .array(plans.map(\.strictJSON))]).indentedBytes
    }
}

extension Plan {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            let id = try fields.text("id", PlanID.init)
            do throws(TammError) {
                return try Plan(
                    id, name: fields.text("name") { $0 }, rank: fields.integer("rank", in: Self.ranks),
                    isOffered: fields.flag("offered"),
                    versions: fields.list("versions", atMost: 100) { (json) throws(TammError) in
                        try PlanVersion(of: id, json)
                    })
            } catch { throw error.about("plan \(id)") }
        }
    }

    fileprivate var strictJSON: StrictJSON {
        .sorted([
            "id": .text(id.text), "name": .text(name), "offered": .bool(isOffered), "rank": .integer(rank),
            "versions": .array(versions.map(\.strictJSON)),
        ])
    }
}

extension PlanVersion {
    fileprivate init(of plan: PlanID, _ json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            let version = try fields.integer("version", in: PlanVersionReference.versions)
            do throws(TammError) {
                return try PlanVersion(
                    PlanVersionReference(plan, version: version),
                    monthlyCredits: fields.text("monthlyCredits", Credits.init(parsing:)),
                    prices: fields.list("prices", atMost: 50, PlanPrice.init(strictJSON:)),
                    packs: fields.list("packs", atMost: 50, CreditPack.init(strictJSON:)),
                    entitlements: fields.list("entitlements", atMost: 200, Entitlement.init(strictJSON:)),
                    rateLimits: fields.list("rateLimits", atMost: 50, PlanRateLimit.init(strictJSON:)),
                    retentionDays: fields.value("retentionDays", Self.retentionDays),
                    trialDays: fields.integer("trialDays", in: 0...365),
                    rolloverMonths: fields.optional("rolloverMonths") { (json) throws(TammError) in
                        try json.integer(in: Self.rollovers)
                    } ?? 0)
            } catch { throw error.about("version \(version)") }
        }
    }

    private static func retentionDays(_ json: StrictJSON) throws(TammError) -> [String: Int64] {
        guard case .object(let members) = json else { throw json.refusal("an object") }
        var days: [String: Int64] = [:]
        for member in members {
            let name = try checkedName(member.name, "a class of data")
            do throws(TammError) { days[name] = try member.value.integer(in: Self.days) } catch {
                throw error.within(name)
            }
        }
        return days
    }

    var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = [
            "version": .integer(reference.version),
            "monthlyCredits": .text(monthlyCredits.description),
            "prices": .array(prices.map(\.strictJSON)),
            "packs": .array(packs.map(\.strictJSON)),
            "entitlements": .array(entitlements.map(\.strictJSON)),
            "rateLimits": .array(rateLimits.map(\.strictJSON)),
            "retentionDays": .sorted(retentionDays.mapValues(StrictJSON.integer)),
            "trialDays": .integer(trialDays),
        ]
        if rolloverMonths > 0 { members["rolloverMonths"] = .integer(rolloverMonths) }
        return .sorted(members)
    }
}

extension Money {
    /// Reads `amount` and `currency`.
    fileprivate init(from fields: inout StrictJSONFields) throws(TammError) {
        let currency = try fields.text("currency", Currency.init)
        self = try fields.text("amount") { (text) throws(TammError) in try Money(parsing: text, currency) }
    }

    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in try Money(from: &fields) }
    }

    fileprivate var members: [String: StrictJSON] {
        ["amount": .text(majorUnits), "currency": .text(currency.code)]
    }
}

extension PlanPrice {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            let amount = try Money(from: &fields)
            return PlanPrice(
                amount,
                per: try fields.text("interval") { (text) throws(TammError) in
                    guard let interval = BillingInterval(rawValue: text) else {
                        throw TammError(.invalidInput, "wanted month or year, found \(excerpt(text))")
                    }
                    return interval
                })
        }
    }

    fileprivate var strictJSON: StrictJSON {
        .sorted(amount.members.merging(["interval": .text(interval.rawValue)]) { first, _ in first })
    }
}

extension CreditPack {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            try CreditPack(
                fields.text("id") { $0 }, credits: fields.text("credits", Credits.init(parsing:)),
                prices: fields.list("prices", atMost: 25, Money.init(strictJSON:)),
                expiresAfterDays: fields.optional("expiresAfterDays") { (json) throws(TammError) in
                    try json.integer(in: PlanVersion.days)
                })
        }
    }

    fileprivate var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = [
            "id": .text(id), "credits": .text(credits.description),
            "prices": .array(prices.map { .sorted($0.members) }),
        ]
        members["expiresAfterDays"] = expiresAfterDays.map(StrictJSON.integer)
        return .sorted(members)
    }
}

extension Allowance {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        if case .text("unlimited") = json {
            self = .unlimited
        } else if case .integer(let maximum) = json, Self.counts.contains(maximum) {
            try self.init(atMost: maximum)
        } else {
            throw json.refusal("a whole number from 0 to 10^15 or \"unlimited\"")
        }
    }

    fileprivate var strictJSON: StrictJSON { maximum.map(StrictJSON.integer) ?? .text("unlimited") }
}

extension Entitlement {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            let name = try fields.text("name") { (text) throws(TammError) in
                try checkedName(text, "an entitlement's name")
            }
            switch try fields.text("kind", { $0 }) {
            case "feature": return try Entitlement(name, .feature(fields.flag("enabled")))
            case "limit": return try Entitlement(name, .limit(fields.value("atMost", Allowance.init(strictJSON:))))
            case "metered":
                return try Entitlement(
                    name, .metered(fields.value("atMost", Allowance.init(strictJSON:))))
            case let kind:
                throw TammError(
                    .invalidInput, "wanted feature, limit or metered, found \(excerpt(kind))", field: "kind")
            }
        }
    }

    fileprivate var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = ["name": .text(name), "kind": .text(kind.name)]
        switch kind {
        case .feature(let isEnabled): members["enabled"] = .bool(isEnabled)
        case .limit(let allowance), .metered(let allowance): members["atMost"] = allowance.strictJSON
        }
        return .sorted(members)
    }
}

extension PlanRateLimit {
    fileprivate init(strictJSON json: StrictJSON) throws(TammError) {
        self = try json.object { (fields) throws(TammError) in
            try PlanRateLimit(
                fields.text("name") { $0 },
                windows: fields.list("windows", atMost: 8) { (json) throws(TammError) in
                    try json.object { (fields) throws(TammError) in
                        try Window(
                            count: fields.integer("count", in: Window.counts),
                            periodSeconds: fields.integer("periodSeconds", in: Window.periods),
                            burst: fields.integer("burst", in: Window.counts))
                    }
                })
        }
    }

    fileprivate var strictJSON: StrictJSON {
        .sorted([
            "name": .text(name),
            "windows": .array(
                windows.map {
                    .sorted([
                        "count": .integer($0.count), "periodSeconds": .integer($0.periodSeconds),
                        "burst": .integer($0.burst),
                    ])
                }),
        ])
    }
}
