/// A name that programs use: 1 to 64 bytes of a–z, 0–9, `.`, `-` and `_`, beginning with a letter.
///
/// - Throws: `invalidInput` at `field`.
func checkedName(_ text: String, _ what: String, field: String? = nil) throws(TammError) -> String {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 64, (0x61...0x7a).contains(first),
        bytes.allSatisfy({
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || [0x2d, 0x2e, 0x5f].contains($0)
        })
    else {
        throw TammError(
            .invalidInput,
            "wanted \(what) of 1 to 64 characters a-z, 0-9, \".\", \"-\", \"_\", beginning with a letter, "
                + "found \(excerpt(text))", field: field)
    }
    return text
}

/// A name that people read: 1 to 200 bytes in any script, without control characters or line breaks, and with
/// something to see at both ends.
///
/// - Throws: `invalidInput`.
func checkedTitle(_ text: String, _ what: String) throws(TammError) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, let last = scalars.last, text.utf8.count <= 200,
        !first.properties.isWhitespace, !last.properties.isWhitespace,
        scalars.allSatisfy({ ![.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory) })
    else {
        throw TammError(
            .invalidInput, "wanted \(what) of 1 to 200 bytes without control characters, found \(excerpt(text))")
    }
    return text
}

/// The position of the first element whose key an earlier element has too.
func firstRepeated<Element, Key: Hashable>(_ elements: [Element], by key: (Element) -> Key) -> Int? {
    var seen: Set<Key> = []
    return elements.firstIndex { !seen.insert(key($0)).inserted }
}
