import Testing

/// Folders of the core that may not name the types of the folders beyond the wall.
private let inside = ["Billing", "Access"]
private let beyond = ["Messaging", "Knowledge", "Operations"]

/// Places where a file of Billing or Access names a type that Messaging, Knowledge or Operations declares.
func wallFindings(_ files: [SourceFile]) -> [Finding] {
    func isIn(_ folders: [String], _ file: SourceFile) -> Bool {
        folders.contains { file.path.hasPrefix("Sources/TammCore/\($0)/") }
    }
    let here = files.filter { isIn(inside, $0) }
    let own = Set(here.flatMap { $0.declaredTypes(outermostOnly: false) })
    let foreign = Set(files.filter { isIn(beyond, $0) }.flatMap { $0.declaredTypes(outermostOnly: true) })
        .subtracting(own)
    return here.flatMap { file in
        file.code.indices.flatMap { index in
            file.code[index].words.filter { foreign.contains(String($0)) }.map {
                file.finding(index, "\($0) is declared beyond the wall, in \(beyond.joined(separator: ", "))")
            }
        }
    }
}

extension SourceFile {
    /// Names of the types that the file declares.
    func declaredTypes(outermostOnly: Bool) -> [String] {
        let keywords: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        return code.flatMap { line -> [String] in
            guard !outermostOnly || line.indentation == 0 else { return [] }
            let words = line.words
            return zip(words, words.dropFirst()).filter { keywords.contains($0) && $1.first?.isUppercase == true }
                .map { String($1) }
        }
    }
}

@Suite struct `The inner walls` {
    @Test func `hold`() {
        record(wallFindings(SourceTree.files))
    }

    @Test func `are seen to fall`() {
        let conversation = SourceFile(
            "Sources/TammCore/Messaging/Conversation.swift", "public struct Conversation {}\n")
        let state = SourceFile("Sources/TammCore/Operations/Job.swift", "enum Job {\n    enum State {}\n}\n")
        let wallet = SourceFile(
            "Sources/TammCore/Billing/Wallet.swift",
            "/// Not a Conversation.\nlet state: State\nlet owner: Conversation?\nlet text = \"Job\"\n")
        #expect(wallFindings([conversation, state, wallet]).map(\.line) == [3])
    }

    @Test func `are not in the way of a type of one's own with the same name`() {
        let event = SourceFile("Sources/TammCore/Messaging/Event.swift", "struct Event {}\n")
        let payment = SourceFile("Sources/TammCore/Billing/Payment.swift", "struct Payment {\n    enum Event {}\n}\n")
        #expect(wallFindings([event, payment]).isEmpty)
    }
}
