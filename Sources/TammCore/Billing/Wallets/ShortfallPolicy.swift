/// What happens to the part of a charge that there are no credits for: above the hold of a capture, above what is
/// available of a debit.
public enum ShortfallPolicy: UInt8, Sendable, Hashable, CaseIterable {
    /// The charge is refused whole; a hold stays open.
    case refuse = 1
    /// Only what is covered is charged; the receipt names the rest and nobody owes it.
    case cap = 2
    /// The rest is taken from what is available, and what that does not cover is recorded as owed: for what has been
    /// used already.
    case owe = 3
}
