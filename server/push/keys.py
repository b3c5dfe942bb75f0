"""The key pair by which push services know this server (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
from email.utils import parseaddr
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from config import limits
from config.clock import Clock
from config.settings import Settings

# The order of the group of P-256 (FIPS 186-4, D.1.2.3): private keys are from 1 to one less.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class VapidKeys:
    """Derived from a secret of the database, so that it is made once and every node has the same one.

    Browsers are bound to the public key: another secret ends every subscription.
    """

    def __init__(self, secret: bytes, *, contact: str, clock: Clock) -> None:
        """`contact`: mailto: or https: address at which a push service may reach the operator."""
        private = derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, SECP256R1())
        self._vapid = Vapid02(private)
        self._contact = contact
        self._clock = clock
        self._proofs: dict[str, tuple[float, str]] = {}
        raw = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def prove_to(self, endpoint: str) -> str:
        """The Authorization header for a push service; one proof serves for hours, as services ask for."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        now = self._clock.now().timestamp()
        expires, proof = self._proofs.get(audience, (0.0, ""))
        if not now < expires - limits.PUSH_PROOF_SECONDS / 2:
            if len(self._proofs) >= limits.PUSH_PROOFS_KEPT:
                self._proofs.clear()
            expires = now + limits.PUSH_PROOF_SECONDS
            signed = self._vapid.sign({"aud": audience, "exp": int(expires), "sub": self._contact})
            proof = str(signed["Authorization"])
            self._proofs[audience] = (expires, proof)
        return proof


def push_contact(settings: Settings) -> str:
    """Where push services may reach the operator."""
    public_url = settings.server.public_url or ""
    if settings.push.contact is not None:
        return settings.push.contact
    return public_url if public_url.startswith("https://") else f"mailto:{parseaddr(settings.mail.sender)[1]}"
