package import TammCore

/// What the sequences of a run were made of: in how many each thing occurred.
public struct BillingMix: Sendable {
    package init() {}

    /// How many sequences were run.
    public private(set) var sequences = 0
    /// How many commands were submitted.
    public private(set) var commands = 0
    /// By name: commands, entry kinds, refusals and errors; in how many sequences each occurred.
    public private(set) var occurrences: [String: Int] = [:]
    /// Sequences that end with an open hold and more than one grant with something left.
    public private(set) var endings = 0

    /// The names that every run has to show: each command, entry kind and refusal there is.
    public static let expected: [String] =
        WalletCommand.Kind.allCases.map { "command \($0)" } + EntryKind.allCases.map { "entry \($0)" }
        + [
            "insufficientCredits", "holdClosed", "aboveHold", "aboveCharge", "aboveGrant", "alreadyReinstated",
            "nothingOwed", "quotaExhausted", "usageRecorded", "aboveMaximum", "tooManyGrants", "tooManyHolds",
            "tooManyReceivables",
        ].map { "refusal \($0)" } + ["replay", "error conflict", "error not-found"]

    mutating func count(_ observation: Observation) {
        commands += observation.answers.count
        for answer in observation.answers {
            switch answer.result {
            case .success(.applied(let receipt)): occurrences["command \(receipt.kind)"] = 1
            case .success(.replayed): occurrences["replay"] = 1
            case .success(.refused(let refusal)): occurrences["refusal \(refusal.name)"] = 1
            case .failure(let error): occurrences["error \(error.code.rawValue)"] = 1
            }
        }
        for entry in observation.entries { occurrences["entry \(entry.kind)"] = 1 }
    }

    mutating func finish(_ snapshot: WalletSnapshot) {
        sequences = 1
        let open = snapshot.grants.values.filter { !$0.remaining.isZero }.count
        endings = snapshot.wallet.openHolds > 0 && open > 1 ? 1 : 0
    }

    package mutating func add(_ other: BillingMix) {
        sequences += other.sequences
        commands += other.commands
        endings += other.endings
        occurrences.merge(other.occurrences, uniquingKeysWith: +)
    }

    /// In which share of the sequences it occurred, 0 to 1.
    public func share(of name: String) -> Double {
        sequences == 0 ? 0 : Double(occurrences[name, default: 0]) / Double(sequences)
    }
}

extension BillingMix {
    /// The share of sequences that end with an open hold and more than one grant with something left, 0 to 1.
    public var shareOfEndings: Double { sequences == 0 ? 0 : Double(endings) / Double(sequences) }
}

extension BillingMix: CustomStringConvertible {
    /// A line each, in percent of the sequences.
    public var description: String {
        let names = Self.expected + occurrences.keys.filter { !Self.expected.contains($0) }.sorted()
        var text =
            "\(sequences) sequences, \(commands) commands; with open holds and several grants at the end: \(percent(shareOfEndings))\n"
        for name in names { text += "  \(percent(share(of: name)))  \(name)\n" }
        return text
    }

    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

extension WalletRefusal {
    /// The case's name.
    package var name: String { String("\(self)".prefix { $0 != "(" }) }
}
