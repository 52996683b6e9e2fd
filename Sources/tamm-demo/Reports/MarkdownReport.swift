/// A run as a Markdown table for people.
struct MarkdownReport {
    let store: String
    let results: [RowResult]

    var text: String {
        var lines = [
            "# Launch checklist on the \(store) store", "",
            "| id | what must be true | status | evidence | seconds |",
            "|---|---|---|---|---:|",
        ]
        for result in results {
            let evidence = result.evidence.map(Self.escaped).joined(separator: "<br>")
            let cells = [
                Self.escaped(result.id), Self.escaped(result.title), result.status.words, evidence,
                seconds(result.seconds),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        lines += ["", "\(Tally(results))", ""]
        return lines.joined(separator: "\n")
    }

    /// `text` as it stands in a cell: nothing in it is markup, and it stays on its line.
    static func escaped(_ text: String) -> String {
        var cell = ""
        for character in text {
            switch character {
            case "\\", "`", "*", "_", "[", "]", "|", "~", "#": cell += "\\\(character)"
            case "<": cell += "&lt;"
            case ">": cell += "&gt;"
            case "&": cell += "&amp;"
            case _ where character.isNewline: cell += "<br>"
            default: cell.append(character)
            }
        }
        return cell
    }
}

/// Seconds to a hundredth, written without a locale: `0.25`.
func seconds(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}
