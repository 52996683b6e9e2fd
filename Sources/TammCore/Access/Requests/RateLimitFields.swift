public import HTTPTypes
internal import RawStructuredFieldValues

/// The fields by which an answer tells its limits, as draft-ietf-httpapi-ratelimit-headers has them; the draft still
/// changes, so that the version is to be named.
public struct RateLimitFields: Sendable, Hashable {
    /// A version of the draft.
    public enum Draft: Sendable, Hashable, CaseIterable {
        /// No fields.
        case none
        /// -06: `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset`, and `RateLimit-Policy` with a quota and its
        /// window.
        case draft06
        /// -07: the first three in `RateLimit`, a dictionary.
        case draft07
        /// -08 to -10: policies have names, and `RateLimit` is a list of them.
        case draft10
    }

    /// `RateLimit-Policy`, every quota of the policy, and how the one closest to its end stands.
    public let fields: HTTPFields

    /// The fields of a decision, admitted or refused; none where nobody could decide.
    public init(_ decision: RateLimitDecision, of policy: RateLimitPolicy, as draft: Draft) {
        let status = decision.status
        guard draft != .none, policy.quotas.indices.contains(status.quota), status.basis != .closed else {
            fields = [:]
            return
        }
        let quota = policy.quotas[status.quota]
        let reset = status.resetAfter.wholeSeconds
        var found = HTTPFields()
        switch draft {
        case .none: break
        case .draft06:
            found[.rateLimitPolicy] = Self.list(policy.quotas.map { (.integer($0.count), [("w", $0.period.wholeSeconds)]) })
            found[.rateLimitLimit] = String(quota.count)
            found[.rateLimitRemaining] = String(status.remaining)
            found[.rateLimitReset] = String(reset)
        case .draft07:
            found[.rateLimitPolicy] = Self.list(policy.quotas.map { (.integer($0.count), [("w", $0.period.wholeSeconds)]) })
            found[.rateLimit] = Self.dictionary([
                ("limit", quota.count), ("remaining", status.remaining), ("reset", reset),
            ])
        case .draft10:
            found[.rateLimitPolicy] = Self.list(
                policy.quotas.indices.map { index in
                    let quota = policy.quotas[index]
                    return (.string(policy.name(ofQuota: index)), [("q", quota.count), ("w", quota.period.wholeSeconds)])
                })
            found[.rateLimit] = Self.list([
                (.string(policy.name(ofQuota: status.quota)), [("r", status.remaining), ("t", reset)])
            ])
        }
        fields = found
    }

    private typealias Parameters = [(name: String, value: Int64)]

    private static func list(_ items: [(value: RFC9651BareItem, parameters: Parameters)]) -> String? {
        text { serializer in
            try serializer.writeListFieldValue(
                items.map { item in
                    var parameters = OrderedMap<String, RFC9651BareItem>()
                    for (name, value) in item.parameters { parameters[name] = .integer(value) }
                    return .item(Item(bareItem: item.value, parameters: parameters))
                })
        }
    }

    private static func dictionary(_ members: Parameters) -> String? {
        text { serializer in
            var map = OrderedMap<String, ItemOrInnerList>()
            for (name, value) in members {
                map[name] = .item(Item(bareItem: RFC9651BareItem.integer(value), parameters: .init()))
            }
            return try serializer.writeDictionaryFieldValue(map)
        }
    }

    private static func text(_ write: (inout StructuredFieldValueSerializer) throws -> [UInt8]) -> String? {
        var serializer = StructuredFieldValueSerializer()
        guard let bytes = try? write(&serializer) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name)!  // Forced: a token, as the tests of these fields see.
    }

    /// How the limits stand.
    public static let rateLimit = known("RateLimit")
    /// What the limits are.
    public static let rateLimitPolicy = known("RateLimit-Policy")
    static let rateLimitLimit = known("RateLimit-Limit")
    static let rateLimitRemaining = known("RateLimit-Remaining")
    static let rateLimitReset = known("RateLimit-Reset")
}
