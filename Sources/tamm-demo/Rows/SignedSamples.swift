import TammCore
import TammTesting

extension SignedSample {
    /// Verifies the sample, then tries it with each byte of body and signature changed.
    func show(_ name: String, _ row: RowRecorder, _ context: DemoContext) throws {
        let (body, signature) = (delivery.body, delivery.signature)
        row.did("verified \(name), then again with each byte of its body and its signature changed")
        row.evidence("\(name): \(try context.verifies(self, body, signature))")
        let digits = Array(signature.utf8)
        let forgeries =
            body.indices.map { (changed(body, $0), signature) }
            + digits.indices.map { (body, String(decoding: changed(digits, $0), as: UTF8.self)) }
        var accepted = 0
        for (body, signature) in forgeries {
            do throws(TammError) {
                _ = try context.verifies(self, body, signature)
                accepted += 1
            } catch {
                row.expect([.unauthenticated, .invalidInput].contains(error.code), "a forgery is refused as one, found \(error)")
            }
        }
        row.evidence("\(forgeries.count - accepted) of \(forgeries.count) changed ones refused")
        row.expect(accepted, equals: 0, "changed deliveries accepted")
    }

    private func changed(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
        var bytes = bytes
        bytes[index] ^= 1
        return bytes
    }
}
