"""The whole product from the outside: real Chromium processes on the real server, with real signed payment webhooks."""
