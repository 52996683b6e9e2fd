internal import CHiredis

/// What the server has answered to one command.
enum RedisReply: Sendable, Hashable {
    /// Nil, or something that was not asked for.
    case nothing
    case integer(Int64)
    case bytes([UInt8])
    /// The first word says which.
    case error(String)

    /// Copies it out of hiredis' memory.
    init(_ reply: UnsafePointer<redisReply>) {
        let found = unsafe reply.pointee
        switch unsafe found.type {
        case REDIS_REPLY_INTEGER: self = unsafe .integer(found.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = unsafe .bytes(Self.bytes(found))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: Self.bytes(found), as: UTF8.self))
        default: self = .nothing
        }
    }

    private static func bytes(_ reply: redisReply) -> [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len)))
    }
}
