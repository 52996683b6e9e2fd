import TammCore

/// Prices a metered call, and refuses an amount that is none.
@main
struct Amounts {
    static func main() throws {
        for line in try lines() { print(line) }
    }

    static func lines() throws -> [String] {
        // snippet: amounts
        let price = try Credits(parsing: "1.25")  // credits for 1,000 tokens
        let charge = try price.scaledUp(by: 1_234, per: 1_000)
        let plan = try Money(minorUnits: 19_950, .egp)
        // end snippet
        var lines = ["1234 tokens cost \(charge) credits", "the plan costs \(plan)"]
        do throws(TammError) {
            _ = try Credits(parsing: "-5")
        } catch {
            lines.append("refused: \(error.message)")
        }
        return lines
    }
}
