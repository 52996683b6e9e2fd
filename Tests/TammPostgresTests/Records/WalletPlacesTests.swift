import TammCore
import TammTesting
import Testing

@testable import TammPostgres

@Suite struct `Wallets by their number` {
    private func place(_ number: UInt64) -> WalletPlace {
        WalletPlace(workspace: Identifier(high: 1, low: number / 3), id: Identifier(high: 2, low: number))
    }

    @Test func `are found in their order, out of it, and again from the beginning`() {
        var places = WalletPlaces((0..<5).map(place))
        for order in [[0, 1, 2, 3, 4], [0, 0, 1, 1, 4], [3, 1, 4, 0, 2], [4, 4, 0, 1]] {
            for number in order { #expect(places.index(of: place(UInt64(number))) == number) }
        }
        #expect(places.index(of: place(9)) == nil)
        var none = WalletPlaces()
        #expect(none.index(of: place(0)) == nil)
    }

    @Test func `are the same as in a dictionary, whatever is added and asked`() {
        var generator = SplitMix64(seed: TestSeed.current)
        for _ in 0..<200 {
            let first = (0..<12).map { UInt64($0) }.shuffled(using: &generator).prefix(Int.random(in: 0...6, using: &generator))
            var places = WalletPlaces(first.map(place))
            var model = Dictionary(uniqueKeysWithValues: zip(first, 0...))
            for _ in 0..<40 {
                let number = UInt64.random(in: 0..<12, using: &generator)
                if Bool.random(using: &generator) {
                    let index = model[number] ?? model.count
                    model[number] = index
                    #expect(places.insert(place(number)) == index)
                } else {
                    #expect(places.index(of: place(number)) == model[number])
                }
            }
            #expect(places.all.count == model.count)
        }
    }
}

@Suite struct `A column that is written in place` {
    private func parameters(_ fill: (inout PostgresParameters) -> Void) -> PostgresParameters {
        var parameters = PostgresParameters()
        fill(&parameters)
        return parameters
    }

    private func expectSame<Value: FixedWidthPostgresValue>(_ values: [Value], _ next: Value) {
        let optional: [Value?] = values.flatMap { [$0, nil] } + [next]
        let pairs = [
            (parameters { $0.add(values.indices) { values[$0] } }, parameters { $0.add(values) { $0 } }),
            (parameters { $0.add(optional.indices) { optional[$0] } }, parameters { $0.add(optional) { $0 } }),
        ]
        for (inPlace, oneByOne) in pairs {
            #expect(inPlace.bytes == oneByOne.bytes)
            #expect(inPlace.lengths == oneByOne.lengths)
        }
        var bytes: [UInt8] = [1]
        next.encode(into: &bytes)
        #expect(bytes.count == 1 + Value.width)
        #expect(unsafe bytes.dropFirst().withUnsafeBytes { unsafe Value(postgres: $0) }.map { "\($0)" } == "\(next)")
    }

    @Test func `is the one that is written value by value, with nulls too`() throws {
        for count in 0..<4 {
            expectSame([Int64](repeating: -2, count: count), .max)
            expectSame([Int32](repeating: -3, count: count), .min)
            expectSame([Int16](repeating: -4, count: count), 77)
            expectSame([Bool](repeating: true, count: count), false)
            expectSame([Identifier<Wallet>](repeating: Identifier(high: 1, low: .max), count: count), Identifier(high: 3, low: 4))
            expectSame([Timestamp](repeating: .epoch, count: count), try Timestamp(microseconds: -1))
            expectSame([Credits](repeating: .zero, count: count), try Credits(micro: 12))
            expectSame(
                [ChainHash](repeating: ChainHash(words: (1, 2, 3, .max)), count: count), ChainHash(words: (.max, 0, 1, 2)))
        }
    }
}
