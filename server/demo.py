"""What `--demo` fills in, as often as it is asked to: people to try the product with. Nothing here runs without `--demo`."""

from __future__ import annotations

DEMO_PASSWORD = "demo-password"  # noqa: S105
DEMO_LOGINS = {"client": "client@demo.example.com", "reader": "reader@demo.example.com", "admin": "admin@demo.example.com"}
