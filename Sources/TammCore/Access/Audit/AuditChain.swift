/// The chain of hashes over a workspace's records in one log: a changed, removed or moved record breaks its link and
/// every later one.
///
/// A link covers the records after the one that ended the link before, up to the one that carries its hash:
/// `SHA-256(hash of the link before, canonical bytes of each record)`. The first link follows the genesis, which binds
/// log and workspace: `SHA-256(length-prefixed "tamm-audit-v1", name of the log, workspace)`.
///
/// Canonical bytes, version 1: the byte 1, then each field as two bytes of length (big-endian) and its bytes. Numbers
/// are 8 bytes big-endian, moments such a number of microseconds since 1970, enums 1 byte, identifiers 16, text UTF-8;
/// what is absent has length 0. The fields, in this order:
/// - `audit_logs`: sequence, id, kind of actor (1 user, 2 platform administrator, 3 service), actor, action, kind of
///   subject, subject, reason, at, number of details, then name and value of each;
/// - `channel_doc_audit_logs`: sequence, id, channel, agent, document, act (1 read, 2 created, 3 changed, 4 deleted), at;
/// - `external_api_audit_logs`: sequence, id, key, method, path, status, refusal, address, duration in microseconds,
///   request id, at.
public enum AuditChain {
    /// What the first link follows: it binds the chain to log and workspace.
    public static func genesis(_ place: AuditPlace) -> ChainHash {
        var encoder = CanonicalEncoder()
        encoder.field("tamm-audit-v1")
        encoder.field(place.log.rawValue)
        encoder.field(place.workspace)
        return encoder.digest()
    }

    /// The hash of the link that covers `records`, the first of them with the number `sequence`.
    public static func hash(
        _ records: some Sequence<AuditRecord>, from sequence: Int64, after previous: ChainHash
    ) -> ChainHash {
        var encoder = CanonicalEncoder()
        encoder.append(previous)
        for (index, record) in records.enumerated() { encoder.append(record, at: sequence &+ Int64(index)) }
        return encoder.digest()
    }

    /// The record's canonical bytes, version 1.
    public static func canonicalBytes(of record: AuditRecord, at sequence: Int64) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(record, at: sequence)
        return encoder.bytes
    }

    /// The records in the places that they take after `head`, all of them of its chain, and the head after them.
    public static func chain(_ records: [AuditRecord], after head: AuditHead) -> (links: [ChainedRecord], head: AuditHead) {
        guard !records.isEmpty else { return ([], head) }
        guard head.place.log.isBatched else {
            var (links, head) = ([ChainedRecord](), head)
            for record in records {
                let hash = hash([record], from: head.sequence + 1, after: head.hash)
                head = AuditHead(head.place, sequence: head.sequence + 1, hash: hash)
                links.append(ChainedRecord(record, sequence: head.sequence, hash: hash))
            }
            return (links, head)
        }
        let hash = hash(records, from: head.sequence + 1, after: head.hash)
        let links = records.enumerated().map { index, record in
            ChainedRecord(
                record, sequence: head.sequence + 1 + Int64(index), hash: index == records.count - 1 ? hash : nil)
        }
        return (links, AuditHead(head.place, sequence: head.sequence + Int64(records.count), hash: hash))
    }
}

extension CanonicalEncoder {
    /// Version 1 of a record's canonical bytes.
    mutating func append(_ record: AuditRecord, at sequence: Int64) {
        append(UInt8(1))
        field(UInt64(bitPattern: sequence))
        field(record.id)
        switch record {
        case .action(let entry): append(entry)
        case .document(let access):
            field(access.channel ?? "")
            field(access.agent ?? "")
            field(access.document)
            field(access.act.rawValue)
            field(access.at)
        case .request(let request):
            field(request.key)
            field(request.method)
            field(request.path)
            field(UInt64(request.status))
            field(request.refusal ?? "")
            field(request.address?.description ?? "")
            field(UInt64(request.microseconds))
            field(request.requestID ?? "")
            field(request.at)
        }
    }

    private mutating func append(_ entry: AuditEntry) {
        switch entry.actor {
        case .user(let user):
            field(UInt8(1))
            field(user)
        case .platformAdmin(let user):
            field(UInt8(2))
            field(user)
        case .service:
            field(UInt8(3))
            field(nil as Identifier<User>?)
        }
        field(entry.action.name)
        field(entry.subject.kind)
        field(entry.subject.id)
        field(entry.reason)
        field(entry.at)
        field(UInt64(entry.details.count))
        for detail in entry.details {
            field(detail.name)
            field(detail.value)
        }
    }
}
