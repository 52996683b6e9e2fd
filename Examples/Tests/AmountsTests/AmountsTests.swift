import Testing

@testable import Amounts

@Test func `amounts are priced without rounding down, and no amount is refused`() throws {
    #expect(
        try Amounts.lines() == [
            "1234 tokens cost 1.5425 credits",
            "the plan costs 199.50 EGP",
            #"refused: wanted credits such as 12.5 (at most 6 decimals), found "-5""#,
        ])
}
