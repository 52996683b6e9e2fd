/// `value` in decimal with zeros before it up to `width` digits; `value` is not negative.
func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// At most 40 characters of `text`, quoted and without control characters, for use in an error message.
func excerpt(_ text: String) -> String {
    var shown = ""
    for character in text.unicodeScalars.prefix(40) {
        shown.unicodeScalars.append(character.properties.isGraphic ? character : "?")
    }
    return "\"\(shown)\"" + (text.unicodeScalars.dropFirst(40).isEmpty ? "" : "… (\(text.utf8.count) bytes)")
}

/// The beginning of `text`, at most `maxBytes` bytes, with a question mark for each character that cannot be seen.
func singleLine(_ text: String, atMost maxBytes: Int) -> String {
    var shown = ""
    for character in text.unicodeScalars {
        let next = character.properties.isGraphic ? character : "?"
        guard shown.utf8.count + UTF8.width(next) <= maxBytes else { break }
        shown.unicodeScalars.append(next)
    }
    return shown
}

extension Unicode.Scalar.Properties {
    fileprivate var isGraphic: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity; the remainder is never negative. `divisor` is positive.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Substring.UTF8View {
    /// Takes exactly `count` ASCII digits (at most 18) off the front.
    mutating func takeDigits(_ count: Int) -> Int? {
        let digits = prefix(count)
        guard count <= 18, digits.count == count else { return nil }
        var value = 0
        for byte in digits {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        removeFirst(count)
        return value
    }

    /// Takes `character` off the front if it stands there.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard first == UInt8(ascii: character) else { return false }
        removeFirst()
        return true
    }
}
