/// The members of one JSON object, each taken once; what nobody took is an unknown field.
///
/// Errors carry the path of the field at fault (`prices[2].amount`), built on the way out.
package struct StrictJSONFields {
    private let names: [String]
    private var rest: [String: StrictJSON]

    fileprivate init(_ members: [StrictJSON.Member]) {
        names = members.map(\.name)
        rest = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Reads a member that must be there; null is a value, not an absence.
    package mutating func value<Value>(
        _ name: String, _ read: (StrictJSON) throws(TammError) -> Value
    ) throws(TammError) -> Value {
        guard let value = try optional(name, read) else {
            throw TammError(.invalidInput, "wanted the field \"\(name)\", found none", field: name)
        }
        return value
    }

    /// Reads a member that may be absent.
    package mutating func optional<Value>(
        _ name: String, _ read: (StrictJSON) throws(TammError) -> Value
    ) throws(TammError) -> Value? {
        guard let value = rest.removeValue(forKey: name) else { return nil }
        do throws(TammError) { return try read(value) } catch { throw error.within(name) }
    }

    package mutating func flag(_ name: String) throws(TammError) -> Bool {
        try value(name) { (json) throws(TammError) in
            guard case .bool(let flag) = json else { throw json.refusal("true or false") }
            return flag
        }
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws(TammError) -> Int64 {
        try value(name) { (json) throws(TammError) in try json.integer(in: range) }
    }

    /// Reads text and hands it to `parse`, which may refuse it.
    package mutating func text<Value>(
        _ name: String, _ parse: (String) throws(TammError) -> Value
    ) throws(TammError) -> Value {
        try value(name) { (json) throws(TammError) in
            guard case .text(let text) = json else { throw json.refusal("text") }
            return try parse(text)
        }
    }

    /// Reads an array of at most `maxCount` elements.
    package mutating func list<Value>(
        _ name: String, atMost maxCount: Int, _ read: (StrictJSON) throws(TammError) -> Value
    ) throws(TammError) -> [Value] {
        try value(name) { (json) throws(TammError) in
            guard case .array(let elements) = json else { throw json.refusal("an array") }
            guard elements.count <= maxCount else {
                throw TammError(.invalidInput, "wanted at most \(maxCount) elements, found \(elements.count)")
            }
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                do throws(TammError) { values.append(try read(element)) } catch { throw error.within("[\(index)]") }
            }
            return values
        }
    }

    fileprivate func refuseUnknown() throws(TammError) {
        guard !rest.isEmpty, let name = names.first(where: { rest[$0] != nil }) else { return }
        throw TammError(.invalidInput, "wanted no field besides the documented ones, found \(excerpt(name))")
    }
}

extension StrictJSON {
    /// Reads an object: every member must be taken by `read`.
    package func object<Value>(
        _ read: (inout StrictJSONFields) throws(TammError) -> Value
    ) throws(TammError) -> Value {
        guard case .object(let members) = self else { throw refusal("an object") }
        var fields = StrictJSONFields(members)
        let value = try read(&fields)
        try fields.refuseUnknown()
        return value
    }

    package func integer(in range: ClosedRange<Int64>) throws(TammError) -> Int64 {
        guard case .integer(let integer) = self, range.contains(integer) else {
            throw refusal("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func refusal(_ wanted: String) -> TammError {
        TammError(.invalidInput, "wanted \(wanted), found \(kindName)")
    }
}

extension TammError {
    /// The same error seen from the value around: `amount` becomes `prices[2].amount`.
    package func within(_ outer: String) -> TammError {
        TammError(code, message, field: joinedPath(outer, field ?? ""))
    }

    /// The same error with what it is about before it: `plan growth: …`.
    package func about(_ subject: String) -> TammError {
        TammError(code, "\(subject): \(message)", field: field)
    }
}
