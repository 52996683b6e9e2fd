import TammCore
import TammInMemory

/// A workspace pays for calls of a model: one is answered, one breaks off, and one it cannot afford is not begun.
@main
struct MeterModelCall {
    let tamm: Tamm
    let wallet: Wallet
    let owner: Principal

    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        // snippet: open
        let tamm = Tamm(
            store: InMemoryStore(), time: time, entropy: entropy, catalogue: .example, prices: .example)
        let user = Identifier<User>(at: time.now(), entropy: entropy)
        let workspace = try await tamm.workspaces.create(named: "Nile Books", owner: user, as: .service)
        let owner = Principal.user(user, in: workspace.id)
        let plan = try await tamm.subscriptions.assign(PlanID("starter"), to: workspace.id, as: .service)
        let wallet = try await tamm.wallets.open(in: workspace.id, as: owner)
        // end snippet
        _ = try await tamm.wallets.grant(
            GrantTerms(Credits(25), .purchased), to: wallet, key: IdempotencyKey("top-up-1"), as: .service)
        let shop = MeterModelCall(tamm: tamm, wallet: wallet, owner: owner)
        var lines = ["\(workspace.name) is on \(plan.plan)", try await shop.balance()]

        let used = try ModelUsage(promptTokens: 1200, completionTokens: 300)
        let model = LocalModel(pieces: [.text("It left "), .text("the warehouse."), .usage(used)])
        lines.append(try await shop.ask(model, name: "reply-1", upTo: 500))
        lines.append(try await shop.balance())
        do {
            let broken = LocalModel(pieces: [.text("It left ")], breaksOff: true)
            lines.append(try await shop.ask(broken, name: "reply-2", upTo: 500))
        } catch is LocalModel.BrokenStream {
            lines.append("the stream broke; nothing is charged")
        }
        lines.append(try await shop.balance())
        lines.append(try await shop.ask(model, name: "reply-3", upTo: 1000))
        return lines + (try await shop.statement())
    }

    /// Asks the model; the call is paid for when it is answered, and is not begun without credits for the most it can
    /// cost.
    func ask(_ model: LocalModel, name: String, upTo maxCompletionTokens: Int64) async throws -> String {
        // snippet: meter
        let atMost = try ModelUsage(promptTokens: 4000, completionTokens: maxCompletionTokens)
        let order = try MeteredOrder(
            .model("large", atMost), from: wallet, key: IdempotencyKey(name), feature: "feature.webchat")
        let outcome = try await tamm.metering.run(order, as: owner) { meter in
            var answer = ""
            for try await piece in model.stream() {
                switch piece {
                case .text(let text): answer += text
                case .usage(let tokens): meter.report(.model("large", tokens))
                }
            }
            return answer
        }
        switch outcome {
        case .done(let answer, let receipt):
            return "“\(answer)” cost \(receipt.amount) credits"
        case .refused(.wallet(.insufficientCredits(let available, let wanted))):
            return "not begun: it may cost \(wanted) credits, \(available) are there"
        case .refused(let refusal):
            return "not begun: \(refusal)"
        case .unsettled(let answer, let used, let error):
            return "“\(answer)” is to be settled later: \(used), \(error)"
        }
        // end snippet
    }

    func balance() async throws -> String {
        let balance = try await tamm.wallets.balance(of: wallet, as: owner)
        return "available \(balance.available), held \(balance.held), owed \(balance.owed)"
    }

    func statement() async throws -> [String] {
        try await tamm.wallets.statement(of: wallet, as: owner).entries.map { entry in
            "\(entry.sequence) \(entry.kind): \(entry.amount) from \(entry.source) to \(entry.target)"
        }
    }
}
