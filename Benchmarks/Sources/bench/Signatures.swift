import CLibCrypto
import TammCore

/// Verifying Meta's signature from the header's text to the proof, against libcrypto's HMAC_CTX with its key kept and
/// CRYPTO_memcmp on raw bytes: the peer is given the signature decoded.
func signatureBenchmarks() async throws {
    try checkAllocationCounter()
    let key = Array("1222e786b144d0e85b9f365372d93676".utf8)
    let scheme = try MetaSignature(secrets: [SigningSecret(id: "bench", Secret(key))])
    let now = Timestamp.epoch
    for (name, size, operations) in [("64B", 64, 20_000), ("1KiB", 1024, 10_000), ("16KiB", 16_384, 1_000)] {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var delivery = MetaSignature.Delivery(body: body, signature: nil)
        delivery.signature = try scheme.signature(for: delivery)
        let peer = unsafe LibCryptoHMAC(key: key)
        let digest = unsafe peer.sign(body)
        let signed = delivery
        let ours: Bench.Side = { operations in
            for _ in 0..<operations { keep(try scheme.verify(signed, at: now)) }
        }
        let theirs: Bench.Side = { operations in
            for _ in 0..<operations {
                guard unsafe peer.verify(body, digest) else { fatalError("libcrypto refuses its own code") }
            }
        }
        try await Bench.compare(
            "signature.\(name)", with: "libcrypto", operations: operations, ours: ours, theirs: theirs)
        if size == 64 {
            Bench.line(
                "signature.allocations", try Bench.allocations { keep(try scheme.verify(signed, at: now)) },
                "allocations")
            Bench.line(
                "signature.libcrypto.allocations",
                Bench.allocations { unsafe precondition(peer.verify(body, digest)) }, "allocations")
        }
    }
}

/// The counter is of use only if it sees what Swift and C allocate.
private func checkAllocationCounter() throws {
    let one = Bench.allocations { keep([UInt8](repeating: 1, count: 100)) }
    precondition(one == 1, "an array is one allocation, counted \(one)")
    let none = Bench.allocations { keep(1) }
    precondition(none == 0, "an integer is no allocation, counted \(none)")
}

/// Uses a value, so that making it is not optimised away.
@inline(never)
func keep<Value>(_ value: Value) {}

/// The peer: one HMAC_CTX, re-initialised for each message.
@unsafe
private final class LibCryptoHMAC {
    private let context: OpaquePointer
    private let code = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(EVP_MAX_MD_SIZE))

    init(key: [UInt8]) {
        unsafe context = HMAC_CTX_new()
        let initialised = unsafe HMAC_Init_ex(context, key, Int32(key.count), EVP_sha256(), nil)
        precondition(initialised == 1)
    }

    deinit {
        unsafe HMAC_CTX_free(context)
        unsafe code.deallocate()
    }

    private func compute(_ message: [UInt8]) -> UInt32 {
        var count: UInt32 = 0
        unsafe HMAC_Init_ex(context, nil, 0, nil, nil)
        unsafe HMAC_Update(context, message, message.count)
        unsafe HMAC_Final(context, code, &count)
        return count
    }

    func sign(_ message: [UInt8]) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: code, count: Int(compute(message))))
    }

    func verify(_ message: [UInt8], _ digest: [UInt8]) -> Bool {
        let count = unsafe compute(message)
        return unsafe count == digest.count && CRYPTO_memcmp(code, digest, digest.count) == 0
    }
}
