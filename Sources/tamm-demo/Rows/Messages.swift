extension LaunchChecklist {
    static let messages = ChecklistArea(
        "Messages",
        [
            .built(WhatsAppChannel.self),
            .notBuilt(
                "channel.messenger",
                "signed webhook, stored, agent answers, credits debited, reply sent; a bad signature is refused"),
            .notBuilt(
                "channel.webchat", "the widget on another site's page chats, and refuses a site not on the list"),
            .built(CreditsExhausted.self),
            .built(ProviderFailure.self),
            .notBuilt(
                "webhook.monitoring",
                "every receipt, failure, duplicate and dead letter is counted by provider; a dead letter can be replayed"
            ),
        ])
}
