/// How transfers over Egypt's instant payment network are taken: by hand, since it has no interface for merchants.
///
/// A payment is opened, the payer transfers and submits the transfer's reference, and an administrator who has seen
/// the money on the bank's statement confirms it, or rejects it.
/// Limits, source: the Central Bank of Egypt's rules for the network; they change, and are configuration here.
public struct InstaPay: Sendable, Hashable {
    /// The most that one payer transfers in a calendar day, month or at once.
    public struct Limits: Sendable, Hashable {
        public let perTransfer: Money
        public let perDay: Money
        public let perMonth: Money

        /// EGP 70,000 at once, 120,000 a day, 400,000 a month.
        public static let standard = Limits(piastres: 7_000_000, 12_000_000, 40_000_000)

        public init(perTransfer: Money, perDay: Money, perMonth: Money) {
            self.perTransfer = perTransfer
            self.perDay = perDay
            self.perMonth = perMonth
        }

        private init(piastres perTransfer: Int64, _ perDay: Int64, _ perMonth: Int64) {
            do throws(TammError) {
                self.perTransfer = try Money(minorUnits: perTransfer, .egp)
                self.perDay = try Money(minorUnits: perDay, .egp)
                self.perMonth = try Money(minorUnits: perMonth, .egp)
            } catch { preconditionFailure("\(error)") }
        }
    }

    /// The receiving payment address: `name@instapay`.
    public let address: String
    public let limits: Limits

    /// - Throws: `invalidInput` unless the address is 1 to 128 bytes of visible ASCII.
    public init(address: String, limits: Limits = .standard) throws(TammError) {
        self.address = try ProviderReference(.instaPay, account: address, "-").account
        self.limits = limits
    }

    /// The code that a payer writes into a transfer, so that it can be found on a statement: 8 characters.
    public static func code(of payment: Identifier<Payment>) -> String {
        let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
        return String((0..<8).map { alphabet[Int(payment.low >> (5 * UInt64($0)) & 31)] })
    }

    /// A transfer's reference as it is compared: without blanks and hyphens, in upper case. Its form has no public
    /// source.
    ///
    /// - Throws: `invalidInput` unless 1 to 64 ASCII letters and digits are left.
    public func reference(_ text: String) throws(TammError) -> ProviderReference {
        let kept = text.utf8.prefix(257).filter { ![0x20, 0x2d].contains($0) }
        guard (1...64).contains(kept.count), text.utf8.count <= 256,
            kept.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf) && $0 > 0x40 })
        else {
            throw TammError(
                .invalidInput, "wanted a transfer's reference of 1 to 64 letters and digits, found \(excerpt(text))",
                field: "reference")
        }
        return try ProviderReference(.instaPay, account: address, String(decoding: kept, as: UTF8.self).uppercased())
    }

    /// The limit that `amount` would break, after what the workspace has opened that day and that month; nil where it
    /// breaks none.
    func limit(brokenBy amount: Money, today: [Money], thisMonth: [Money]) throws(TammError) -> Money? {
        func sum(_ earlier: [Money]) -> Int64 {
            earlier.reduce(amount.minorUnits) { min(Money.maxMinorUnits, $0 + $1.minorUnits) }
        }
        for (limit, found) in [
            (limits.perTransfer, amount.minorUnits), (limits.perDay, sum(today)), (limits.perMonth, sum(thisMonth)),
        ] {
            guard limit.currency == amount.currency else {
                throw TammError(.invalidInput, "wanted an amount of \(limit.currency), found \(amount)", field: "currency")
            }
            if found > limit.minorUnits { return limit }
        }
        return nil
    }
}
