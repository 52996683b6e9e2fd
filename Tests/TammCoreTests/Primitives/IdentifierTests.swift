import Foundation
import TammCore
import TammTesting
import Testing

struct IdentifierTests {
    enum Thing {}
    enum Child {}
    typealias ID = Identifier<Thing>

    @Test func `A drawn identifier is a UUIDv7 of its millisecond`() throws {
        let entropy = SeededEntropy(seed: TestSeed.current).source
        let moment = try Timestamp(parsing: "2026-05-04T03:02:01.999999Z")
        for _ in 0..<1_000 {
            let id = ID(at: moment, entropy: entropy)
            #expect(id.high >> 16 == UInt64(moment.microseconds / 1000))
            #expect(id.high >> 12 & 0xf == 7)
            #expect(id.low >> 62 == 0b10)
            #expect(UUID(uuidString: id.description)?.uuidString.lowercased() == id.description)
        }
    }

    @Test func `Every random bit of a UUIDv7 varies`() {
        let entropy = SeededEntropy(seed: TestSeed.current &+ 1).source
        var (ones, zeros): ((UInt64, UInt64), (UInt64, UInt64)) = ((0, 0), (0, 0))
        for _ in 0..<200 {
            let id = ID(at: .epoch, entropy: entropy)
            ones = (ones.0 | id.high, ones.1 | id.low)
            zeros = (zeros.0 | ~id.high, zeros.1 | ~id.low)
        }
        #expect(ones.0 & zeros.0 == 0x0fff)
        #expect(ones.1 & zeros.1 == 0x3fff_ffff_ffff_ffff)
    }

    @Test func `Identifiers sort by creation, and a time before 1970 counts as 1970`() throws {
        let entropy = SeededEntropy(seed: TestSeed.current).source
        var earlier = ID(at: .epoch, entropy: entropy)
        for step: Int64 in 1...200 {
            let later = ID(at: try Timestamp(microseconds: step * 1000), entropy: entropy)
            #expect(earlier < later)
            #expect(earlier.description < later.description)
            earlier = later
        }
        #expect(ID(at: .min, entropy: entropy).high >> 16 == 0)
        #expect(ID(at: .max, entropy: entropy).high >> 16 == 253_402_300_799_999)
    }

    @Test func `A derived identifier is the same each time, apart by label and parent, beside its parent`() throws {
        let entropy = SeededEntropy(seed: TestSeed.current).source
        let parent = ID(at: try Timestamp(seconds: 1_770_000_000), entropy: entropy)
        let child = Identifier<Child>(derivedFrom: parent, label: "grant")
        #expect(child == Identifier<Child>(derivedFrom: parent, label: "grant"))
        #expect(child != Identifier<Child>(derivedFrom: parent, label: "grant "))
        #expect(child != Identifier<Child>(derivedFrom: parent, label: ""))
        #expect(
            child != Identifier<Child>(derivedFrom: ID(high: parent.high, low: parent.low ^ 1), label: "grant"))
        #expect(child.high >> 16 == parent.high >> 16)
        #expect(child.high >> 12 & 0xf == 8)
        #expect(child.low >> 62 == 0b10)
    }

    @Test func `Text goes out in lower case and comes back from either case`() throws {
        let entropy = SeededEntropy(seed: TestSeed.current).source
        for _ in 0..<1_000 {
            let id = ID(high: entropy.next(), low: entropy.next())
            #expect(try ID(parsing: id.description) == id)
            #expect(try ID(parsing: id.description.uppercased()) == id)
            #expect(id.description == id.description.lowercased())
            #expect(id.bytes.count == 16)
        }
        #expect(ID(high: 0, low: .max).description == "00000000-0000-0000-ffff-ffffffffffff")
    }

    @Test(arguments: [
        "", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "01890a5d-ac96-774b-bcce-b302099a805", "01890a5d-ac96-774b-bcce-b302099a80570",
        "01890a5d-ac96-774b-bcce_b302099a8057", "01890a5g-ac96-774b-bcce-b302099a8057",
        "01890a5-dac96-774b-bcce-b302099a8057", "------------------------------------",
        "01890a5d-ac96-774b-bcce-b302099a80\u{e9}",
    ])
    func `Other text is refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try ID(parsing: text) }?.code == .invalidInput)
        #expect(ID(text) == nil)
    }

    @Test func `JSON carries the text`() throws {
        let id = ID(high: 1, low: 2)
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == #"["00000000-0000-0001-0000-000000000002"]"#)
        #expect(try JSONDecoder().decode([ID].self, from: data) == [id])
        #expect(throws: (any Error).self) { try JSONDecoder().decode([ID].self, from: Data("[1]".utf8)) }
    }
}
