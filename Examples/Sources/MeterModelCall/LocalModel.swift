import TammCore

/// A model that says what it was told to, piece by piece; the last piece reports the tokens, as providers do.
struct LocalModel {
    enum Script {
        case text(String)
        /// Tokens of the prompt and of the answer.
        case usage(Int64, Int64)
        case breaks
    }

    enum Piece {
        case text(String)
        case usage(ModelUsage)
    }

    struct BrokenStream: Error {}

    let pieces: [Script]

    func stream() -> AsyncThrowingStream<Piece, any Error> {
        var rest = pieces[...]
        return AsyncThrowingStream {
            switch rest.popFirst() {
            case .text(let text): .text(text)
            case .usage(let prompt, let completion):
                .usage(try ModelUsage(promptTokens: prompt, completionTokens: completion))
            case .breaks: throw BrokenStream()
            case nil: nil
            }
        }
    }
}
