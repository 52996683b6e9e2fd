extension PlanCatalogue {
    /// Four plans for demonstrations and tests: free, starter, growth (with an earlier version, `growth@1`) and
    /// enterprise, in EGP and USD.
    public static let example: PlanCatalogue = {
        do throws(TammError) { return try PlanCatalogue(json: Array(exampleText.utf8)) } catch {
            preconditionFailure("\(error)")
        }
    }()

    static let exampleText = """
        {
          "format": 1,
          "plans": [
            {
              "id": "free",
              "name": "Free",
              "offered": true,
              "rank": 0,
              "versions": [
                {
                  "entitlements": [
                    {"atMost": 1, "kind": "limit", "name": "agents"},
                    {"atMost": 1, "kind": "limit", "name": "channels"},
                    {"atMost": 0, "kind": "limit", "name": "connectors"},
                    {"atMost": 20, "kind": "metered", "name": "document-pages"},
                    {"enabled": false, "kind": "feature", "name": "feature.external-api"},
                    {"enabled": false, "kind": "feature", "name": "feature.remove-branding"},
                    {"enabled": true, "kind": "feature", "name": "feature.webchat"},
                    {"enabled": false, "kind": "feature", "name": "feature.whatsapp"},
                    {"atMost": 1, "kind": "limit", "name": "members"},
                    {"atMost": 100, "kind": "metered", "name": "messages"}
                  ],
                  "monthlyCredits": "100",
                  "packs": [],
                  "prices": [],
                  "rateLimits": [
                    {
                      "name": "api.requests",
                      "windows": [
                        {"burst": 1, "count": 1, "periodSeconds": 1},
                        {"burst": 10, "count": 60, "periodSeconds": 3600}
                      ]
                    },
                    {
                      "name": "webchat.messages",
                      "windows": [
                        {"burst": 5, "count": 10, "periodSeconds": 60}
                      ]
                    }
                  ],
                  "retentionDays": {"ingestion-artifacts": 30, "messages": 30, "webhook-payloads": 7},
                  "trialDays": 0,
                  "version": 1
                }
              ]
            },
            {
              "id": "starter",
              "name": "Starter",
              "offered": true,
              "rank": 10,
              "versions": [
                {
                  "entitlements": [
                    {"atMost": 3, "kind": "limit", "name": "agents"},
                    {"atMost": 3, "kind": "limit", "name": "channels"},
                    {"atMost": 1, "kind": "limit", "name": "connectors"},
                    {"atMost": 1000, "kind": "metered", "name": "document-pages"},
                    {"enabled": false, "kind": "feature", "name": "feature.external-api"},
                    {"enabled": false, "kind": "feature", "name": "feature.remove-branding"},
                    {"enabled": true, "kind": "feature", "name": "feature.webchat"},
                    {"enabled": true, "kind": "feature", "name": "feature.whatsapp"},
                    {"atMost": 3, "kind": "limit", "name": "members"},
                    {"atMost": 5000, "kind": "metered", "name": "messages"}
                  ],
                  "monthlyCredits": "1500",
                  "packs": [
                    {
                      "credits": "1000",
                      "expiresAfterDays": 365,
                      "id": "pack-1000",
                      "prices": [
                        {"amount": "149.00", "currency": "EGP"},
                        {"amount": "4.99", "currency": "USD"}
                      ]
                    }
                  ],
                  "prices": [
                    {"amount": "199.00", "currency": "EGP", "interval": "month"},
                    {"amount": "1990.00", "currency": "EGP", "interval": "year"},
                    {"amount": "6.99", "currency": "USD", "interval": "month"},
                    {"amount": "69.90", "currency": "USD", "interval": "year"}
                  ],
                  "rateLimits": [
                    {
                      "name": "api.requests",
                      "windows": [
                        {"burst": 10, "count": 5, "periodSeconds": 1},
                        {"burst": 100, "count": 5000, "periodSeconds": 86400}
                      ]
                    },
                    {
                      "name": "webchat.messages",
                      "windows": [
                        {"burst": 20, "count": 60, "periodSeconds": 60}
                      ]
                    }
                  ],
                  "retentionDays": {"ingestion-artifacts": 60, "messages": 90, "webhook-payloads": 14},
                  "trialDays": 14,
                  "version": 1
                }
              ]
            },
            {
              "id": "growth",
              "name": "Growth",
              "offered": true,
              "rank": 20,
              "versions": [
                {
                  "entitlements": [
                    {"atMost": 10, "kind": "limit", "name": "agents"},
                    {"atMost": 10, "kind": "limit", "name": "channels"},
                    {"atMost": 5, "kind": "limit", "name": "connectors"},
                    {"atMost": "unlimited", "kind": "metered", "name": "document-pages"},
                    {"enabled": true, "kind": "feature", "name": "feature.external-api"},
                    {"enabled": false, "kind": "feature", "name": "feature.remove-branding"},
                    {"enabled": true, "kind": "feature", "name": "feature.webchat"},
                    {"enabled": true, "kind": "feature", "name": "feature.whatsapp"},
                    {"atMost": 10, "kind": "limit", "name": "members"},
                    {"atMost": "unlimited", "kind": "metered", "name": "messages"}
                  ],
                  "monthlyCredits": "6000",
                  "packs": [
                    {
                      "credits": "1000",
                      "expiresAfterDays": 365,
                      "id": "pack-1000",
                      "prices": [
                        {"amount": "149.00", "currency": "EGP"},
                        {"amount": "4.99", "currency": "USD"}
                      ]
                    },
                    {
                      "credits": "10000",
                      "expiresAfterDays": 365,
                      "id": "pack-10000",
                      "prices": [
                        {"amount": "1299.00", "currency": "EGP"},
                        {"amount": "39.99", "currency": "USD"}
                      ]
                    }
                  ],
                  "prices": [
                    {"amount": "599.00", "currency": "EGP", "interval": "month"},
                    {"amount": "5990.00", "currency": "EGP", "interval": "year"},
                    {"amount": "19.99", "currency": "USD", "interval": "month"},
                    {"amount": "199.90", "currency": "USD", "interval": "year"}
                  ],
                  "rateLimits": [
                    {
                      "name": "api.requests",
                      "windows": [
                        {"burst": 20, "count": 10, "periodSeconds": 1},
                        {"burst": 1000, "count": 50000, "periodSeconds": 86400}
                      ]
                    },
                    {
                      "name": "webchat.messages",
                      "windows": [
                        {"burst": 60, "count": 300, "periodSeconds": 60}
                      ]
                    }
                  ],
                  "retentionDays": {"ingestion-artifacts": 90, "messages": 365, "webhook-payloads": 30},
                  "trialDays": 14,
                  "version": 1
                },
                {
                  "entitlements": [
                    {"atMost": 10, "kind": "limit", "name": "agents"},
                    {"atMost": 10, "kind": "limit", "name": "channels"},
                    {"atMost": 5, "kind": "limit", "name": "connectors"},
                    {"atMost": "unlimited", "kind": "metered", "name": "document-pages"},
                    {"enabled": true, "kind": "feature", "name": "feature.external-api"},
                    {"enabled": true, "kind": "feature", "name": "feature.remove-branding"},
                    {"enabled": true, "kind": "feature", "name": "feature.webchat"},
                    {"enabled": true, "kind": "feature", "name": "feature.whatsapp"},
                    {"atMost": 15, "kind": "limit", "name": "members"},
                    {"atMost": "unlimited", "kind": "metered", "name": "messages"}
                  ],
                  "monthlyCredits": "7500",
                  "packs": [
                    {
                      "credits": "1000",
                      "expiresAfterDays": 365,
                      "id": "pack-1000",
                      "prices": [
                        {"amount": "149.00", "currency": "EGP"},
                        {"amount": "4.99", "currency": "USD"}
                      ]
                    },
                    {
                      "credits": "10000",
                      "expiresAfterDays": 365,
                      "id": "pack-10000",
                      "prices": [
                        {"amount": "1299.00", "currency": "EGP"},
                        {"amount": "39.99", "currency": "USD"}
                      ]
                    }
                  ],
                  "prices": [
                    {"amount": "799.00", "currency": "EGP", "interval": "month"},
                    {"amount": "7990.00", "currency": "EGP", "interval": "year"},
                    {"amount": "24.99", "currency": "USD", "interval": "month"},
                    {"amount": "249.90", "currency": "USD", "interval": "year"}
                  ],
                  "rateLimits": [
                    {
                      "name": "api.requests",
                      "windows": [
                        {"burst": 20, "count": 10, "periodSeconds": 1},
                        {"burst": 100, "count": 600, "periodSeconds": 60},
                        {"burst": 1000, "count": 50000, "periodSeconds": 86400}
                      ]
                    },
                    {
                      "name": "webchat.messages",
                      "windows": [
                        {"burst": 60, "count": 300, "periodSeconds": 60}
                      ]
                    }
                  ],
                  "retentionDays": {"ingestion-artifacts": 90, "messages": 365, "webhook-payloads": 30},
                  "trialDays": 14,
                  "version": 2
                }
              ]
            },
            {
              "id": "enterprise",
              "name": "Enterprise",
              "offered": true,
              "rank": 30,
              "versions": [
                {
                  "entitlements": [
                    {"atMost": "unlimited", "kind": "limit", "name": "agents"},
                    {"atMost": "unlimited", "kind": "limit", "name": "channels"},
                    {"atMost": "unlimited", "kind": "limit", "name": "connectors"},
                    {"atMost": "unlimited", "kind": "metered", "name": "document-pages"},
                    {"enabled": true, "kind": "feature", "name": "feature.external-api"},
                    {"enabled": true, "kind": "feature", "name": "feature.remove-branding"},
                    {"enabled": true, "kind": "feature", "name": "feature.webchat"},
                    {"enabled": true, "kind": "feature", "name": "feature.whatsapp"},
                    {"atMost": "unlimited", "kind": "limit", "name": "members"},
                    {"atMost": "unlimited", "kind": "metered", "name": "messages"}
                  ],
                  "monthlyCredits": "50000",
                  "packs": [
                    {
                      "credits": "1000",
                      "expiresAfterDays": 365,
                      "id": "pack-1000",
                      "prices": [
                        {"amount": "149.00", "currency": "EGP"},
                        {"amount": "4.99", "currency": "USD"}
                      ]
                    },
                    {
                      "credits": "10000",
                      "expiresAfterDays": 365,
                      "id": "pack-10000",
                      "prices": [
                        {"amount": "1299.00", "currency": "EGP"},
                        {"amount": "39.99", "currency": "USD"}
                      ]
                    },
                    {
                      "credits": "100000",
                      "id": "pack-100000",
                      "prices": [
                        {"amount": "9999.00", "currency": "EGP"},
                        {"amount": "299.00", "currency": "USD"}
                      ]
                    }
                  ],
                  "prices": [
                    {"amount": "4999.00", "currency": "EGP", "interval": "month"},
                    {"amount": "49990.00", "currency": "EGP", "interval": "year"},
                    {"amount": "149.00", "currency": "USD", "interval": "month"},
                    {"amount": "1490.00", "currency": "USD", "interval": "year"}
                  ],
                  "rateLimits": [
                    {
                      "name": "api.requests",
                      "windows": [
                        {"burst": 200, "count": 100, "periodSeconds": 1},
                        {"burst": 10000, "count": 1000000, "periodSeconds": 86400}
                      ]
                    },
                    {
                      "name": "webchat.messages",
                      "windows": [
                        {"burst": 600, "count": 3000, "periodSeconds": 60}
                      ]
                    }
                  ],
                  "retentionDays": {"ingestion-artifacts": 365, "messages": 1825, "webhook-payloads": 90},
                  "trialDays": 0,
                  "version": 1
                }
              ]
            }
          ]
        }
        """
}
