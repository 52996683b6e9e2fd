import TammCore
import TammTesting
import Testing

struct HostileInputTests {
    @Test(.timeLimit(.minutes(20)))
    func `No parser traps on, misreads or is vague about 100,000 hostile documents`() {
        let seed = TestSeed.current
        let start = ContinuousClock.now
        var totals = Tally()
        for (index, parser) in HostileParser.all.enumerated() {
            let parserStart = ContinuousClock.now
            let tally = attack(parser, seed: seed &+ UInt64(index))
            totals.add(tally)
            print("hostile \(parser.name): \(tally), \((ContinuousClock.now - parserStart).formattedSeconds)")
            #expect(tally.passed * 3 >= tally.total, "\(parser.name): too few documents pass the first stage")
            #expect(tally.accepted > 0 && tally.refused > 0, "\(parser.name): one-sided")
        }
        let elapsed = ContinuousClock.now - start
        print(
            "hostile input: \(totals), \(elapsed.formattedSeconds), SEED=0x\(String(seed, radix: 16))"
        )
        #expect(totals.total >= 100_000)
    }

    @Test(arguments: HostileParser.all.map(\.name))
    func `The documents that mutations start from are valid`(name: String) throws {
        let parser = try #require(HostileParser.all.first { $0.name == name })
        for document in parser.documents {
            guard case .accepted = parser.attempt(document) else {
                Issue.record("\(String(decoding: document, as: UTF8.self)): \(parser.attempt(document))")
                continue
            }
            #expect(parser.passesFirstStage(document))
        }
    }

    @Test func `A fault in a parser would be found`() {
        let careless = HostileParser(
            text: "careless", count: 1_000, ["12.5"], length: 1...32, alphabet: HostileParser.digits + ".",
            parse: { (text) throws(TammError) -> Double in
                guard let value = Double(text) else { throw TammError(.notFound, "") }
                return value
            },
            print: { String(Int($0 < 1e9 ? $0 : 0)) })
        let tally = attack(careless, seed: 1, reports: false)
        #expect(tally.faults > 0)
    }

    private func attack(_ parser: HostileParser, seed: UInt64, reports: Bool = true) -> Tally {
        var mutator = Mutator(seed: seed)
        var tally = Tally()
        for _ in 0..<parser.count {
            let document = parser.mutation(&mutator)
            tally.total += 1
            if parser.passesFirstStage(document) { tally.passed += 1 }
            var fault: String?
            switch parser.attempt(document) {
            case .accepted: tally.accepted += 1
            case .changed(let printed): fault = "read back as \(printed)"
            case .refused(let error):
                tally.refused += 1
                if ![.invalidInput, .unauthenticated].contains(error.code) || error.message.isEmpty || error.message.utf8.count >= 512
                    || error.field.map({ $0.utf8.count >= 512 }) == true
                {
                    fault = "refused with \(error)"
                }
            }
            guard let fault else { continue }
            tally.faults += 1
            if reports, tally.faults <= 5 {
                Issue.record("\(parser.name): \(String(decoding: document.prefix(2000), as: UTF8.self)): \(fault)")
            }
        }
        return tally
    }
}

private struct Tally: CustomStringConvertible {
    var (total, passed, accepted, refused, faults) = (0, 0, 0, 0, 0)

    mutating func add(_ other: Tally) {
        total += other.total
        passed += other.passed
        accepted += other.accepted
        refused += other.refused
        faults += other.faults
    }

    var description: String {
        "\(total) documents, \(passed) past the first stage, \(accepted) accepted, \(refused) refused, \(faults) faults"
    }
}

extension HostileParser {
    var documents: [[UInt8]] {
        switch form {
        case .text(let valid): valid.map { Array($0.utf8) }
        case .json(let valid): valid.map(\.bytes)
        }
    }

    func mutation(_ mutator: inout Mutator) -> [UInt8] {
        switch form {
        case .text(let valid):
            let document = Array(mutator.pick(valid).utf8)
            return mutator.below(3) == 0 ? mutator.bytes(document) : mutator.shaped(document)
        case .json(let valid):
            let document = mutator.pick(valid)
            return mutator.below(5) == 0 ? mutator.bytes(document.bytes) : mutator.json(document)
        }
    }
}

extension Duration {
    fileprivate var formattedSeconds: String {
        "\(Double(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) / 1000) s"
    }
}
