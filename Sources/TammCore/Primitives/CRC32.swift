/// The cyclic redundancy check of zlib and Ethernet (IEEE 802.3), sixteen bytes at a time.
///
/// It finds a typing error; it proves nothing about who wrote the text.
enum CRC32 {
    /// The state before the first byte.
    static let initial: UInt32 = 0xffff_ffff

    /// Sixteen tables of 256: what a byte does to the state from so many places before its end. Made once, kept for good.
    private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
        for byte in 0..<256 {
            var state = UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xedb8_8320 : state >> 1 }
            unsafe tables[byte] = state
        }
        for index in 256..<16 * 256 {
            let before = unsafe tables[index - 256]
            unsafe tables[index] = before >> 8 ^ tables[Int(before & 0xff)]
        }
        return unsafe UnsafePointer(tables)
    }()

    /// The state after these bytes.
    @inline(__always)
    static func update(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let tables = unsafe tables
        var (state, index) = (state, 0)
        while bytes.count &- index >= 16 {
            var folded: UInt32 = 0
            for word in 0..<4 {
                var four = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index &+ word &* 4, as: UInt32.self))
                if word == 0 { four ^= state }
                let table = unsafe tables + (3 &- word) &* 4 &* 256
                folded ^= unsafe table[768 &+ Int(four & 0xff)] ^ table[512 &+ Int(four >> 8 & 0xff)]
                folded ^= unsafe table[256 &+ Int(four >> 16 & 0xff)] ^ table[Int(four >> 24)]
            }
            state = folded
            index &+= 16
        }
        while bytes.count &- index >= 4 {
            let four = unsafe state ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            state = unsafe tables[768 &+ Int(four & 0xff)] ^ tables[512 &+ Int(four >> 8 & 0xff)]
            state ^= unsafe tables[256 &+ Int(four >> 16 & 0xff)] ^ tables[Int(four >> 24)]
            index &+= 4
        }
        while index < bytes.count {
            state = unsafe state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xff)]
            index &+= 1
        }
        return state
    }

    /// The check of these bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 { unsafe ~update(initial, bytes) }
}
