/// The fields whose values Paymob signs in one kind of callback, in the order in which it joins them.
///
/// The raw value is the field's path under `obj` in JSON.
protocol PaymobField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The callback's `type`.
    static var callbackType: String { get }
    /// The objects under `obj` that hold signed fields.
    static var groups: Set<String> { get }
    var kind: PaymobKind { get }
}

/// What a field's value is in JSON, unless it is null.
enum PaymobKind: String {
    case integer = "an integer"
    case boolean = "a boolean"
    case string = "a string"
    case digits = "an integer or its digits as a string"
}

extension StrictJSON {
    /// The members of an object by name; nil for another value.
    var members: [String: StrictJSON]? {
        guard case .object(let members) = self else { return nil }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }
}
