/// Whether a store that failed is asked again: not at all for a while, then by one request at a time.
///
/// Pure: moments are given, counted on a clock that nobody sets.
struct CircuitBreaker: Sendable {
    /// When it opens, and how long it stays so.
    struct Terms: Sendable {
        var failuresToOpen: Int
        var firstPause: Duration
        var longestPause: Duration
    }

    /// What a request that wants to ask is told.
    enum Pass: Sendable, Hashable {
        case go
        /// The one that tries whether the store is back.
        case trial
        /// The store is not asked, for so long at least.
        case stop(Duration)
    }

    /// What an answer, or none, has changed.
    enum Change: Sendable, Hashable {
        case none, opened, closed
    }

    private enum State {
        case closed(failures: Int)
        case open(until: Duration, pause: Duration)
        case trying(pause: Duration)
    }

    private let terms: Terms
    private var state = State.closed(failures: 0)

    init(_ terms: Terms) { self.terms = terms }

    mutating func enter(at uptime: Duration) -> Pass {
        switch state {
        case .closed: return .go
        case .open(let until, let pause):
            guard uptime >= until else { return .stop(until - uptime) }
            state = .trying(pause: pause)
            return .trial
        case .trying: return .stop(terms.firstPause)
        }
    }

    /// - Parameter pass: what the request was told.
    mutating func succeeded(_ pass: Pass) -> Change {
        switch state {
        case .closed:
            state = .closed(failures: 0)
            return .none
        case .trying where pass == .trial:
            state = .closed(failures: 0)
            return .closed
        // One that had left before the others failed says nothing about now.
        case .open, .trying: return .none
        }
    }

    /// - Parameter pass: what the request was told.
    mutating func failed(_ pass: Pass, at uptime: Duration) -> Change {
        switch state {
        case .closed(let failures):
            guard failures + 1 >= terms.failuresToOpen else {
                state = .closed(failures: failures + 1)
                return .none
            }
            state = .open(until: uptime + terms.firstPause, pause: terms.firstPause)
            return .opened
        case .trying(let pause) where pass == .trial:
            let next = min(pause * 2, terms.longestPause)
            state = .open(until: uptime + next, pause: next)
            return .none
        case .open, .trying: return .none
        }
    }
}
