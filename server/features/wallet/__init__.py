"""The wallet's doors: balance, history, top-ups, spending limits, and the payment provider's webhooks."""
