import TammTesting
import Testing

@testable import TammCore

struct AdoptedWorkspaceTests {
    private static let workspace = try! Workspace(id: Takeover.id(1), name: "W", createdAt: .epoch)

    private static func member(_ user: Int, _ role: Role, of workspace: Int = 1) -> Member {
        Member(workspace: Takeover.id(workspace), user: Takeover.id(user), role: role, joinedAt: .epoch)
    }

    private static func refusal(_ members: [Member], _ lots: [GrantTerms] = []) -> String? {
        let error = caught { () throws(TammError) in
            _ = try AdoptedWorkspace(workspace, members: members, plan: nil, lots: lots)
        }
        #expect(error == nil || error?.code == .invalidInput)
        return error?.field
    }

    @Test func `A workspace has an owner, and each member once, up to a thousand`() {
        let (owner, member) = (Self.member(1, .owner), Self.member(2, .member))
        #expect(Self.refusal([owner, member]) == nil)
        #expect(Self.refusal([]) == "members")
        #expect(Self.refusal([member, Self.member(3, .admin)]) == "members")
        #expect(Self.refusal([owner, member, Self.member(2, .admin)]) == "members[2].user")
        #expect(Self.refusal([owner, Self.member(3, .member, of: 2)]) == "members[1].workspace")
        let many = (2...1001).map { Self.member($0, .member) }
        #expect(Self.refusal([owner] + many.dropLast()) == nil)
        #expect(Self.refusal([owner] + many) == "members")
    }

    @Test func `Its lots are bounded in number and in sum, and none is of nothing`() throws {
        let owner = [Self.member(1, .owner)]
        let lot = try GrantTerms(.one, .purchased)
        #expect(Self.refusal(owner, Array(repeating: lot, count: 500)) == nil)
        #expect(Self.refusal(owner, Array(repeating: lot, count: 501)) == "lots")
        #expect(Self.refusal(owner, [lot, try GrantTerms(.max, .plan)]) == "lots[1].amount")
        #expect(caught { () throws(TammError) in _ = try GrantTerms(.zero, .plan) }?.field == "amount")
    }

    @Test func `A plan's period is not empty, and its anchor not after its beginning`() {
        func refusal(_ through: Timestamp, _ anchor: Timestamp?) -> String? {
            caught { () throws(TammError) in
                _ = try AdoptedPlan(
                    PlanVersionReference(parsing: "free@1"), .complimentary, from: .epoch, through: through,
                    anchor: anchor, hadTrial: false)
            }?.field
        }
        let day = Timestamp.epoch.advanced(by: .days(1))
        #expect(refusal(day, nil) == nil && refusal(day, .epoch) == nil)
        #expect(refusal(.epoch, nil) == "through" && refusal(.min, nil) == "through")
        #expect(refusal(day, day) == "anchor")
    }

    @Test func `The order in which members and lots are written down does not matter`() throws {
        let members = [Self.member(2, .member), Self.member(1, .owner)]
        let lots = try Takeover.lots()
        let one = try AdoptedWorkspace(Self.workspace, members: members, plan: nil, lots: lots)
        let other = try AdoptedWorkspace(Self.workspace, members: members.reversed(), plan: nil, lots: lots.reversed())
        #expect(one == other && one.json() == other.json())
        #expect(one.credits == (try Credits(parsing: "1484.5")))
    }

    @Test func `What is printed is read back as the same`() throws {
        let trial = try AdoptedPlan(
            PlanVersionReference(parsing: "starter@1"), .trial, from: "2026-03-10T00:00:00Z".moment,
            through: "2026-03-24T00:00:00Z".moment, hadTrial: false)
        for plan in [nil, trial, try Takeover.paid(), try Takeover.paid(anchor: "2025-12-31T22:00:00Z", renews: false)] {
            let workspace = try Takeover.workspace(name: "Nile \"Books\"\u{2028} مساحة", plan: plan, lots: Takeover.lots())
            let json = workspace.json()
            #expect(!json.contains(UInt8(ascii: "\n")))
            #expect(try AdoptedWorkspace(json: json) == workspace)
        }
    }

    @Test(arguments: [
        (#""format":1"#, #""format":2"#, "format"), (#""role":"owner""#, #""role":"boss""#, "members[0].role"),
        (#""role":"owner""#, #""role":"admin""#, "members"), (#""amount":"1234.5""#, #""amount":"0""#, "lots[1].amount"),
        (#""amount":"1234.5""#, #""amount":"-1""#, "lots[1].amount"),
        (#""amount":"1234.5""#, #""amount":1234.5"#, "lots[1].amount"),
        (#""category":"plan""#, #""category":"gift""#, "lots[1].category"),
        (#""priority":-1"#, #""priority":-1001"#, "lots[1].priority"),
        (#""source":"order-81""#, #""source":"order 81""#, "lots[0].source"),
        (#""standing":"paid""#, #""standing":"free""#, "plan.standing"),
        (#""standing":"paid""#, #""standing":"trial""#, "plan"), (#""name":"Nile Books""#, #""name":"""#, "name"),
        (#""version":"growth@1""#, #""version":"growth""#, "plan.version"),
        (#""through":"2026-04-01T00:00:00Z""#, #""through":"2026-04-01""#, "plan.through"),
        (#""currency":"EGP""#, #""currency":"EG""#, "plan.currency"), (#""id":"#, #""ID":"#, "id"),
        (#""renews":true"#, #""renews":true,"until":1"#, "plan"),
    ])
    func `A document that breaks a rule is refused with the field's path`(part: String, other: String, field: String)
        throws
    {
        let text = String(decoding: try Takeover.growth().json(), as: UTF8.self)
        #expect(text.contains(part), "\(text)")
        let changed = Array(text.replacing(part, with: other, maxReplacements: 1).utf8)
        let error = caught { () throws(TammError) in _ = try AdoptedWorkspace(json: changed) }
        #expect(error?.code == .invalidInput && error?.field == field, "\(error.map { "\($0)" } ?? "accepted")")
    }

    @Test func `A line that is refused is named and does not stop the others`() throws {
        let good = [try Takeover.growth(1), try Takeover.growth(2)].map { $0.json() }
        let bad = String(decoding: good[0], as: UTF8.self).replacing(#""owner""#, with: #""boss""#)
        let long = Array(repeating: UInt8(ascii: " "), count: AdoptedWorkspace.maxBytes + 1)
        let newline = UInt8(ascii: "\n")
        let parts: [[UInt8]] = [good[0] + [UInt8(ascii: "\r")], Array(bad.utf8), [], long, good[1]]
        let lines = Array(AdoptionLines(Array(parts.joined(separator: [newline]))))
        #expect(lines.map(\.number) == [1, 2, 3, 4, 5])
        let errors = lines.map { line -> TammError? in if case .failure(let error) = line.content { error } else { nil } }
        #expect(errors.map { $0 == nil } == [true, false, false, false, true])
        #expect(errors[1]?.message.hasPrefix("line 2: ") == true && errors[1]?.field == "members[0].role")
        #expect(errors[2]?.message == "line 3: wanted a workspace, found an empty line")
        #expect(errors[3]?.message == "line 4: wanted at most 1048576 bytes, found 1048577")
        #expect(Array(AdoptionLines(good[0] + [newline])).count == 1 && Array(AdoptionLines([])).isEmpty)
    }
}
