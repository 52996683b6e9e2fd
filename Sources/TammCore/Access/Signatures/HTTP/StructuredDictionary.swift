internal import RawStructuredFieldValues

/// A dictionary of structured fields (RFC 9651) whose text is the one that serialising it again gives.
///
/// Other spellings are refused: a parser keeps the last of two members or parameters of one name and passes over
/// blanks, so that two readers of one text could disagree about what is signed.
///
/// Bounds: ``SignatureBounds/headerBytes`` bytes, ``maxMembers`` members, ``maxSeparators`` semicolons and commas.
struct StructuredDictionary {
    static let maxMembers = 4
    static let maxSeparators = 64

    let members: OrderedMap<String, ItemOrInnerList>

    /// Nil for a text that is empty, above the bounds or in another spelling.
    init?(_ text: String) {
        guard (1...SignatureBounds.headerBytes).contains(text.utf8.count) else { return nil }
        let bytes = Array(text.utf8)
        let separators = bytes.count { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ",") }
        guard separators <= Self.maxSeparators else { return nil }
        var parser = StructuredFieldValueParser(bytes)
        var serializer = StructuredFieldValueSerializer()
        guard let members = try? parser.parseDictionaryFieldValue(), (1...Self.maxMembers).contains(members.count),
            let canonical = try? serializer.writeDictionaryFieldValue(members), canonical == bytes
        else { return nil }
        self.members = members
    }

    func contains(_ name: String) -> Bool { members[name] != nil }

    /// The base64 of a member that is a byte sequence without parameters; nil for anything else.
    func base64(_ name: String) -> String? {
        guard case .item(let item) = members[name], item.rfc9651Parameters.isEmpty,
            case .undecodedByteSequence(let base64) = item.rfc9651BareItem
        else { return nil }
        return base64
    }

    /// A member that is an inner list; nil for anything else.
    func innerList(_ name: String) -> InnerList? {
        guard case .innerList(let list) = members[name] else { return nil }
        return list
    }
}

extension InnerList {
    /// The components, each without parameters, and the parameters, in order.
    init(_ components: [HTTPComponent], _ parameters: KeyValuePairs<String, RFC9651BareItem>) {
        let none = OrderedMap<String, RFC9651BareItem>()
        var items = BareInnerList()
        for component in components {
            items.append(Item(bareItem: RFC9651BareItem.string(component.rawValue), parameters: none))
        }
        self.init(bareInnerList: items, parameters: none)
        for (name, value) in parameters { rfc9651Parameters[name] = value }
    }

    /// The serialised list with its parameters; nil for values that have no text.
    var canonicalText: String? {
        var serializer = StructuredFieldValueSerializer()
        guard let bytes = try? serializer.writeListFieldValue([.innerList(self)]) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A parameter that is text; nil for anything else.
    func text(_ parameter: String) -> String? {
        guard case .string(let text) = rfc9651Parameters[parameter] else { return nil }
        return text
    }
}
