extension LaunchChecklist {
    static let messages = ChecklistArea(
        "Messages",
        [
            .notBuilt(
                "channel.whatsapp",
                "signed webhook, stored, agent answers, credits debited, reply sent; a bad signature is refused"),
            .notBuilt(
                "channel.messenger",
                "signed webhook, stored, agent answers, credits debited, reply sent; a bad signature is refused"),
            .notBuilt(
                "channel.webchat", "the widget on another site's page chats, and refuses a site not on the list"),
            .notBuilt(
                "agent.credits-exhausted",
                "out of credits: no model call, a reply that says so, a business alert"),
            .notBuilt(
                "agent.provider-failure",
                "the model fails: the hold is released, the customer gets an answer, an alert counts"),
            .notBuilt(
                "webhook.monitoring",
                "every receipt, failure, duplicate and dead letter is counted by provider; a dead letter can be replayed"
            ),
        ])
}
