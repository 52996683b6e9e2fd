import Testing

@testable import TammCore

struct AuditEntryTests {
    private func entry(reason: String = "", details: [AuditDetail] = []) throws(TammError) -> AuditEntry {
        try AuditEntry(
            id: Identifier(high: 1, low: 2), workspace: Bank.workspaceID, actor: .service,
            action: AuditAction("payment.confirmed"), subject: AuditSubject(kind: "payment", id: "42"), reason: reason,
            details: details, at: Bank.start)
    }

    @Test func `An entry has its texts up to their bounds`() throws {
        let reason = String(repeating: "é", count: 250)
        let details = try (0..<16).map { try AuditDetail("detail.\($0)", String(repeating: "é", count: 127)) }
        let full = try entry(reason: reason, details: details)
        #expect(full.reason == reason && full.details == details)
        #expect(try entry().reason.isEmpty)
        #expect(try AuditSubject(kind: "payment", id: String(repeating: "x", count: 255)).id.utf8.count == 255)
        #expect(try AuditSubject(kind: "workspace", id: Bank.workspaceID).id == Bank.workspaceID.description)
        #expect(try AuditAction("payment.confirmed").description == "payment.confirmed")
    }

    @Test(arguments: [
        String(repeating: "x", count: 501), String(repeating: "é", count: 250) + "x", "two\nlines", "a\0", "a\u{7f}",
        "a\u{2028}b", "a\u{85}b", "a\tb",
    ])
    func `A reason of more bytes or more than one line is refused`(reason: String) {
        let error = caught { () throws(TammError) in _ = try entry(reason: reason) }
        #expect(error?.code == .invalidInput && error?.field == "reason")
    }

    @Test func `More details than sixteen, or one name twice, are refused`() throws {
        let many = try (0..<17).map { try AuditDetail("detail.\($0)", "") }
        let tooMany = caught { () throws(TammError) in _ = try entry(details: many) }
        #expect(tooMany?.code == .invalidInput && tooMany?.field == "details")
        let repeated = [try AuditDetail("a", "1"), try AuditDetail("b", ""), try AuditDetail("a", "2")]
        let twice = caught { () throws(TammError) in _ = try entry(details: repeated) }
        #expect(twice?.code == .invalidInput && twice?.field == "details[2].name")
    }

    @Test(arguments: ["", "Payment", "1st", "a b", ".a", "é", "a\n", String(repeating: "a", count: 65)])
    func `A name in another form is refused, and the field is named`(name: String) {
        let errors = [
            ("action", caught { () throws(TammError) in _ = try AuditAction(name) }),
            ("subject.kind", caught { () throws(TammError) in _ = try AuditSubject(kind: name, id: "42") }),
            ("details.name", caught { () throws(TammError) in _ = try AuditDetail(name, "") }),
        ]
        for (field, error) in errors { #expect(error?.code == .invalidInput && error?.field == field) }
    }

    @Test(arguments: [String(repeating: "x", count: 256), "a\r\nb", "\u{1b}[2J", "a\u{2029}"])
    func `A subject or a detail of more bytes or more than one line is refused`(text: String) {
        let subject = caught { () throws(TammError) in _ = try AuditSubject(kind: "payment", id: text) }
        #expect(subject?.code == .invalidInput && subject?.field == "subject.id")
        let detail = caught { () throws(TammError) in _ = try AuditDetail("a", text) }
        #expect(detail?.code == .invalidInput && detail?.field == "details.value")
    }

    @Test func `A subject is something, a detail may be nothing`() throws {
        let error = caught { () throws(TammError) in _ = try AuditSubject(kind: "payment", id: "") }
        #expect(error?.field == "subject.id")
        #expect(try AuditDetail("a", "").value == "")
    }

    @Test func `Every principal but the ledger is an actor`() {
        #expect(AuditActor(.user(Bank.ownerID, in: Bank.workspaceID)) == .user(Bank.ownerID))
        #expect(AuditActor(.platformAdmin(Bank.ownerID)) == .platformAdmin(Bank.ownerID))
        #expect(AuditActor(.service) == .service)
        #expect(AuditActor(.ledger) == nil)
    }
}
