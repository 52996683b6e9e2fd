import Testing

@testable import TammCore

@Suite struct CircuitBreakerTests {
    private static let terms = CircuitBreaker.Terms(
        failuresToOpen: 3, firstPause: .milliseconds(100), longestPause: .milliseconds(350))

    @Test func `It opens after so many failures in a row, and a success in between begins the count anew`() {
        var breaker = CircuitBreaker(Self.terms)
        for outcome in [false, false, true, false, false] {
            #expect(breaker.enter(at: .zero) == .go)
            #expect((outcome ? breaker.succeeded(.go) : breaker.failed(.go, at: .zero)) == .none)
        }
        #expect(breaker.failed(.go, at: .zero) == .opened)
        #expect(breaker.enter(at: .milliseconds(1)) == .stop(.milliseconds(99)))
    }

    @Test func `After its pause one tries, the others do not, and each failure doubles the pause up to the longest`() {
        var breaker = CircuitBreaker(Self.terms)
        for _ in 0..<3 { _ = breaker.failed(.go, at: .zero) }
        var now = Duration.milliseconds(100)
        for pause in [200, 350, 350] {
            #expect(breaker.enter(at: now) == .trial)
            #expect(breaker.enter(at: now) == .stop(.milliseconds(100)))
            #expect(breaker.failed(.trial, at: now) == .none)
            #expect(breaker.enter(at: now + .milliseconds(pause - 1)) == .stop(.milliseconds(1)))
            now += .milliseconds(pause)
        }
        #expect(breaker.enter(at: now) == .trial)
        #expect(breaker.succeeded(.trial) == .closed)
        #expect(breaker.enter(at: now) == .go)
    }

    @Test func `An answer to what was asked before it opened does not close it, and does not lengthen its pause`() {
        var breaker = CircuitBreaker(Self.terms)
        for _ in 0..<3 { _ = breaker.failed(.go, at: .zero) }
        #expect(breaker.succeeded(.go) == .none)
        #expect(breaker.failed(.go, at: .milliseconds(50)) == .none)
        #expect(breaker.enter(at: .milliseconds(99)) == .stop(.milliseconds(1)))
        #expect(breaker.enter(at: .milliseconds(100)) == .trial)
        #expect(breaker.succeeded(.go) == .none)
        #expect(breaker.failed(.go, at: .milliseconds(100)) == .none)
        #expect(breaker.succeeded(.trial) == .closed)
    }
}
