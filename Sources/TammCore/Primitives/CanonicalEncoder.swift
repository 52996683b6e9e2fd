internal import Crypto

/// Writes length-prefixed fields for hashing: two bytes of length, big-endian, then the value. The buffer is kept
/// from one message to the next.
struct CanonicalEncoder {
    private var buffer: [UInt8]
    private var count = 0

    init() { buffer = [UInt8](repeating: 0, count: 512) }

    /// What has been written since the last reset.
    var bytes: [UInt8] { Array(buffer[..<count]) }

    mutating func reset() { count = 0 }

    func digest() -> ChainHash {
        var hash = SHA256()
        unsafe buffer.withUnsafeBytes { unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return ChainHash(hash.finalize())
    }

    private mutating func reserve(_ more: Int) {
        while count + more > buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        buffer[count] = byte
        count += 1
    }

    mutating func append(_ number: UInt64) {
        reserve(8)
        unsafe buffer.withUnsafeMutableBytes { [count] in
            unsafe $0.storeBytes(of: number.bigEndian, toByteOffset: count, as: UInt64.self)
        }
        count += 8
    }

    private mutating func length(_ count: Int) {
        append(UInt8(truncatingIfNeeded: count >> 8))
        append(UInt8(truncatingIfNeeded: count))
    }

    mutating func field(_ value: [UInt8]) {
        length(value.count)
        append(value)
    }

    mutating func field(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            length(utf8.count)
            unsafe append(utf8)
        }
    }

    private mutating func append(_ value: some Collection<UInt8>) {
        reserve(value.count)
        for byte in value {
            buffer[count] = byte
            count += 1
        }
    }

    mutating func field<Entity>(_ identifier: Identifier<Entity>?) {
        guard let identifier else { return length(0) }
        length(16)
        append(identifier.high)
        append(identifier.low)
    }

    mutating func field(_ byte: UInt8) {
        length(1)
        append(byte)
    }

    mutating func field(_ number: UInt64) {
        length(8)
        append(number)
    }

    mutating func field(_ credits: Credits) { field(UInt64(bitPattern: credits.micro)) }

    mutating func field(_ timestamp: Timestamp?) {
        guard let timestamp else { return length(0) }
        field(UInt64(bitPattern: timestamp.microseconds))
    }
}
