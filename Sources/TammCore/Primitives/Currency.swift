/// A currency of ISO 4217, by its three-letter code.
public struct Currency: Sendable, Hashable, CustomStringConvertible {
    public let code: String
    /// How many decimals the minor unit has: 2 for EGP, 3 for KWD, 0 for JPY.
    public let decimals: Int

    public static let egp = Currency(code: "EGP", decimals: 2)
    public static let usd = Currency(code: "USD", decimals: 2)
    public static let eur = Currency(code: "EUR", decimals: 2)
    public static let sar = Currency(code: "SAR", decimals: 2)
    public static let aed = Currency(code: "AED", decimals: 2)

    private init(code: String, decimals: Int) {
        self.code = code
        self.decimals = decimals
    }

    /// - Throws: `invalidInput` unless `code` is an active code of ISO 4217 in capitals.
    public init(_ code: String) throws(TammError) {
        guard let decimals = Self.decimalsByCode[code] else {
            throw TammError(.invalidInput, "wanted an ISO 4217 currency code such as EGP, found \(excerpt(code))")
        }
        self.init(code: code, decimals: decimals)
    }

    public var description: String { code }

    /// ISO 4217 list one, without funds codes, metals and test codes.
    private static let decimalsByCode: [String: Int] = {
        let byDecimals = [
            0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
            2: """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
            CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
            HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP \
            MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD \
            SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS \
            VED VES WST XCD XCG YER ZAR ZMW ZWG
            """,
            3: "BHD IQD JOD KWD LYD OMR TND",
        ]
        var table: [String: Int] = [:]
        for (decimals, codes) in byDecimals {
            for code in codes.split(separator: " ") { table[String(code)] = decimals }
        }
        return table
    }()
}
