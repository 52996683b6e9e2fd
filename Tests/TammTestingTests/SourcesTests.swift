import TammCore
import TammTesting
import Testing

struct SourcesTests {
    @Test func `The generator gives the published sequence of SplitMix64`() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in generator.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test func `One seed gives one sequence, another seed another`() {
        let (a, b, other) = (SeededEntropy(seed: 7), SeededEntropy(seed: 7), SeededEntropy(seed: 8))
        #expect(a.source.bytes(64) == b.source.bytes(64))
        #expect(a.source.bytes(64) != other.source.bytes(64))
        let copy = a
        #expect(copy.source.next() != a.source.next(), "a copy draws on")
    }

    @Test func `Concurrent draws never get the same word`() async {
        let source = SeededEntropy(seed: 9).source
        let words = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<4 { group.addTask { @concurrent in (0..<1_000).map { _ in source.next() } } }
            return await group.reduce(into: Set<UInt64>()) { $0.formUnion($1) }
        }
        #expect(words.count == 4_000)
    }

    @Test(
        arguments: [
            ("0", 0), ("42", 42), ("0x2a", 42), ("0xFFFFFFFFFFFFFFFF", .max), ("18446744073709551615", .max),
            ("", nil), ("x", nil), ("-1", nil), ("+1", nil), ("0x", nil), ("0x-1", nil), ("1.0", nil), (" 1", nil),
            ("18446744073709551616", nil), ("0x10000000000000000", nil),
        ] as [(String, UInt64?)])
    func `A seed is decimal or hexadecimal`(text: String, seed: UInt64?) { #expect(TestSeed.parse(text) == seed) }

    @Test func `A manual clock moves as it is told, backwards too`() throws {
        let time = ManualTime(.epoch)
        let source = time.source
        #expect(source.now() == .epoch)
        time.advance(by: .seconds(90))
        #expect(source.now() == time.now)
        #expect(time.now.seconds == 90)
        time.advance(by: .seconds(-100))
        #expect(source.now().seconds == -10)
        try time.set(Timestamp(seconds: 5))
        #expect(source.now().seconds == 5)
        time.advance(by: Duration(secondsComponent: .max, attosecondsComponent: 0))
        #expect(source.now() == .max)
    }
}
