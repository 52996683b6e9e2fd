import TammCore

/// A model that says what it was told to, piece by piece; the last piece reports the tokens, as providers do.
struct LocalModel {
    enum Piece {
        case text(String)
        case usage(ModelUsage)
    }

    struct BrokenStream: Error {}

    let pieces: [Piece]
    var breaksOff = false

    func stream() -> AsyncThrowingStream<Piece, any Error> {
        AsyncThrowingStream { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish(throwing: breaksOff ? BrokenStream() : nil)
        }
    }
}
