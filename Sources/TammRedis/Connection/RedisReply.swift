internal import CHiredis

/// What the server has answered to one command.
enum RedisReply: Sendable, Hashable {
    case nothing
    case integer(Int64)
    case bytes([UInt8])
    case array([RedisReply])
    /// The first word says which.
    case error(String)

    /// Copies it out of hiredis' memory.
    init(_ reply: UnsafePointer<redisReply>) {
        let found = unsafe reply.pointee
        switch unsafe found.type {
        case REDIS_REPLY_INTEGER: self = unsafe .integer(found.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = unsafe .bytes(Self.bytes(found))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: Self.bytes(found), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            self = .array(
                unsafe (0..<found.elements).map { index in
                    guard let element = unsafe found.element[index] else { return .nothing }
                    return unsafe RedisReply(element)
                })
        default: self = .nothing
        }
    }

    private static func bytes(_ reply: redisReply) -> [UInt8] {
        unsafe UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len)).map { $0 }
    }
}
