public import TammCore

/// One promise that every store keeps: a sentence, and the check that holds a store to it.
///
/// The suite of a store runs all of them, each as a test of its own:
/// ```swift
/// @Test(arguments: StoreLaw.all)
/// func law(_ law: StoreLaw) async throws { try await law.check(makeStore()) }
/// ```
/// A law makes what it needs under identifiers of its own, so that laws can share one store, run at once and in any
/// order, and a store that keeps its rows can be checked again. What a law has written stays.
public struct StoreLaw: Sendable, Identifiable {
    /// Which ports a law speaks of.
    public enum Area: String, Sendable, Hashable, CaseIterable {
        /// The transaction itself: all or nothing, one after the other.
        case unitOfWork
        /// Workspaces, members, invitations, API keys, the audit logs, and who sees and writes which row.
        case access
        /// Subscriptions, payments, saved cards, wallets and everything that belongs to one.
        case billing
    }

    /// Short and stable: `lock.missing`.
    public let id: String
    /// The requirement, as a sentence.
    public let name: String
    public let area: Area
    private let body: @Sendable (any TammStore, LawContext) async throws -> Void

    /// - Parameter check: throws where the store breaks the law; the context compares, and makes what it needs.
    public init(
        _ id: String, _ area: Area, _ name: String,
        check: @escaping @Sendable (any TammStore, LawContext) async throws -> Void
    ) {
        self.id = id
        self.name = name
        self.area = area
        body = check
    }

    /// Holds the store to this law.
    ///
    /// - Parameter seed: makes the identifiers; a violation names it, so that it can be seen again on a new store.
    /// - Throws: the violation; an error of the store that the law does not want is one too.
    public func check(
        _ store: any TammStore, seed: UInt64 = EntropySource.system.next()
    ) async throws(LawViolation) {
        let context = LawContext(law: id, name: name, seed: seed)
        do {
            try await body(store, context)
        } catch let violation as LawViolation {
            throw violation
        } catch {
            throw context.violation("no error", "\(error)")
        }
    }
}

extension StoreLaw {
    /// Every law of every port.
    public static let all: [StoreLaw] =
        transactionLaws + rollbackLaws + isolationLaws + workspaceLaws + statusLaws + invitationLaws + apiKeyLaws + apiKeyLookupLaws
        + apiKeyReaderLaws + auditLaws + auditChainLaws + subscriptionLaws + dueLaws
        + paymentValueLaws + paymentReferenceLaws + paymentPageLaws + paymentLaws + unmatchedLaws + savedCardLaws
        + readLaws + writeLaws + walletLaws + twinLaws + lockLaws + lookupLaws + refusalLaws + pageLaws + valueLaws

    /// The laws of one area: a store that has its ports alone is held to these.
    public static func all(of area: Area) -> [StoreLaw] { all.filter { $0.area == area } }

    /// Holds a store to every law, one after the other.
    ///
    /// - Returns: what is broken; empty when the store keeps them all.
    public static func check(
        all store: any TammStore, seed: UInt64 = EntropySource.system.next()
    ) async -> [LawViolation] {
        var violations: [LawViolation] = []
        for law in all {
            do throws(LawViolation) { try await law.check(store, seed: seed) } catch { violations.append(error) }
        }
        return violations
    }
}

/// How a store broke a law.
public struct LawViolation: Error, Sendable, Hashable, CustomStringConvertible {
    /// The law's identifier.
    public let law: String
    /// The law's sentence.
    public let name: String
    public let wanted: String
    public let found: String
    /// Pass it to ``StoreLaw/check(_:seed:)`` to see the violation again.
    public let seed: UInt64

    public var description: String {
        "\(law): \(name): wanted \(wanted), found \(found) (seed 0x\(String(seed, radix: 16)))"
    }
}
