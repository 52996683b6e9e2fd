import TammCore

extension Tenant {
    /// What was recorded of it, one in each log.
    var records: [AuditRecord] { [.action(audit), .document(access), .request(request)] }
}

extension LawContext {
    /// So many records of the log that nobody has added yet.
    func records(_ count: Int, in place: AuditPlace) throws(TammError) -> [AuditRecord] {
        var records: [AuditRecord] = []
        for _ in 0..<count {
            switch place.log {
            case .actions: records.append(.action(try audit(of: place.workspace)))
            case .documents: records.append(.document(try access(of: place.workspace)))
            case .requests: records.append(.request(try request(of: place.workspace)))
            }
        }
        return records
    }

    func access(of workspace: Identifier<Workspace>) throws(TammError) -> DocumentAccess {
        try DocumentAccess(
            id: id(), workspace: workspace, channel: "whatsapp-1", agent: "support", document: "prices.pdf", .read, at: base)
    }

    func request(of workspace: Identifier<Workspace>) throws(TammError) -> ExternalRequest {
        try ExternalRequest(
            id: id(), workspace: workspace, key: id(), method: "POST", target: "/v1/messages?to=42", status: 429,
            refusal: "rate-limited", address: .v4(0xc000_0201), duration: .microseconds(1234), requestID: "req_1", at: base)
    }

    /// Records with every field at its bounds.
    func fullRecords(in place: AuditPlace) throws(TammError) -> [AuditRecord] {
        var records: [AuditRecord] = []
        switch place.log {
        case .actions:
            for entry in try audits(of: place.workspace) { records.append(.action(entry)) }
        case .documents:
            let names = ["1", "O'Brien \\ \"quotes\" %s $1 ; --", String(repeating: "é", count: 127) + "d", "سجل 😀"]
            for (index, act) in DocumentAccess.Act.allCases.enumerated() {
                let access = try DocumentAccess(
                    id: id(), workspace: place.workspace, channel: index == 1 ? nil : names[index],
                    agent: index == 2 ? nil : names[3 - index], document: names[(index + 2) % 4], act,
                    at: [.min, base, .max, .epoch][index])
                records.append(.document(access))
            }
        case .requests:
            let addresses: [IPAddress?] = [nil, .v4(0), .v6(0x2001_0db8_0000_0000, 1), .v6(.max, .max)]
            for (index, address) in addresses.enumerated() {
                let request = try ExternalRequest(
                    id: id(), workspace: place.workspace, key: index == 0 ? nil : id(),
                    method: ["-", "GET", String(repeating: "M", count: 16), "x!"][index],
                    target: ["", "/", "/" + String(repeating: "é", count: 400), "/'\\\" \u{0}\n%?secret=1"][index],
                    status: [100, 200, 599, 404][index],
                    refusal: [nil, "a", String(repeating: "z", count: 64), "scope.missing-1_x"][index], address: address,
                    duration: [.zero, .microseconds(1), .seconds(86_400), .seconds(-1)][index],
                    requestID: [nil, "r", String(repeating: "r", count: 129), "a b"][index],
                    at: [.min, base, .max, .epoch][index])
                records.append(.request(request))
            }
        }
        return records
    }
}
