#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The seed of this run's random tests: the environment's `SEED`, decimal or `0x` hexadecimal, or a fixed one.
public enum TestSeed {
    /// The seed where the environment names none.
    public static let standard: UInt64 = 0x7461_6d6d_2026

    /// The seed of this run; printed when first read, so that a failure can be run again. A malformed `SEED` ends the run.
    public static let current: UInt64 = {
        var seed = standard
        if let value = unsafe getenv("SEED") {
            let text = unsafe String(cString: value)
            guard let parsed = parse(text) else {
                fatalError("SEED: wanted a decimal or 0x hexadecimal number of 64 bits, found \(text)")
            }
            seed = parsed
        }
        print("SEED=0x\(String(seed, radix: 16))")
        return seed
    }()

    /// Nil unless `text` is a number of 64 bits, decimal or hexadecimal after `0x`.
    public static func parse(_ text: String) -> UInt64? {
        guard text.hasPrefix("0x"), let first = text.dropFirst(2).first, first.isHexDigit else {
            return text.first?.isNumber == true ? UInt64(text) : nil
        }
        return UInt64(text.dropFirst(2), radix: 16)
    }
}
