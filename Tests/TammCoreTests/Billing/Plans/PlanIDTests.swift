import Foundation
import TammCore
import Testing

struct PlanIDTests {
    @Test func `A reference is read as it is printed`() throws {
        for text in ["growth@1", "a@1000000", "team-2026.q1_x@42"] {
            let reference = try PlanVersionReference(parsing: text)
            #expect(reference.description == text)
            let data = try JSONEncoder().encode([reference])
            #expect(try JSONDecoder().decode([PlanVersionReference].self, from: data) == [reference])
        }
        let reference = try PlanVersionReference(parsing: "growth@2")
        #expect(try reference.plan == PlanID("growth") && reference.version == 2)
        #expect(try reference < PlanVersionReference(parsing: "growth@10"))
    }

    @Test(arguments: [
        "", "@", "growth", "growth@", "@1", "growth@0", "growth@01", "growth@+1", "growth@-1", "growth@1.0",
        "growth@1 ",
        " growth@1", "growth@1@2", "growth@@1", "Growth@1", "growth@1000001", "growth@99999999999999999999",
        "growth@\u{661}", "gro wth@1", "growth\u{ff20}1", String(repeating: "a", count: 65) + "@1",
    ])
    func `Other text is refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try PlanVersionReference(parsing: text) }?.code == .invalidInput)
        #expect(PlanVersionReference(text) == nil)
    }

    @Test func `A version has bounds`() throws {
        let plan = try PlanID("growth")
        for version in [Int64.min, 0, 1_000_001, .max] {
            #expect(caught { () throws(TammError) in _ = try PlanVersionReference(plan, version: version) } != nil)
        }
    }
}
