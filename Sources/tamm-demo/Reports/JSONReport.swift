import Foundation

/// A run as JSON for other programs.
struct JSONReport: Codable, Equatable {
    struct Row: Codable, Equatable {
        let id: String
        let title: String
        let status: String
        let evidence: [String]
        let seconds: Double
    }

    let store: String
    let rows: [Row]

    init(store: String, results: [RowResult]) {
        self.store = store
        rows = results.map { result in
            Row(
                id: result.id, title: result.title, status: result.status.rawValue, evidence: result.evidence,
                seconds: (result.seconds * 1000).rounded() / 1000)
        }
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
