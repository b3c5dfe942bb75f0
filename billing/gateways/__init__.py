"""Payment providers: the gateway that billing speaks to, who stands in for it in development, and its webhooks."""
