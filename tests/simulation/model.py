"""A small model of one consultation's money, written apart from the product's code: milliseconds and cents in plain integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor


@dataclass
class Wallet:
    """`spent` is net, of all consultations: a simulation is shorter than a day. Limits: per consultation, day and month."""

    balance: int
    spent: int = 0
    credited_at: int = -1
    limit_per_consultation: int | None = None
    limit_per_day: int | None = None
    limit_per_month: int | None = None

    def can_pay(self, price: int, *, spent_in_room: int | None) -> bool:
        return not self.refusal(price, spent_in_room=spent_in_room)

    def refusal(self, price: int, *, spent_in_room: int | None) -> str:
        """Why it cannot be paid, empty if it can; `spent_in_room` None = for no consultation."""
        periods = [(self.spent, self.limit_per_day), (self.spent, self.limit_per_month)]
        if spent_in_room is not None:
            periods.append((spent_in_room, self.limit_per_consultation))
        if self.balance < price:
            return "wallet.balance_too_low"
        return (
            "wallet.spending_limit_reached"
            if any(limit is not None and spent + price > limit for spent, limit in periods)
            else ""
        )

    def pay(self, price: int) -> None:
        self.balance -= price
        self.spent += price

    def get_back(self, amount: int, now: int) -> None:
        self.balance += amount
        self.spent -= amount
        if amount:
            self.credited_at = now


@dataclass
class Room:
    """What one consultation must have cost, by the rules of billing: driven by the same steps as the real one."""

    rate: int
    minute: int
    increment: int
    free: int
    settlement: str
    share: Fraction
    window: int
    grace: int
    wallet: Wallet
    since: int | None = None
    base: int = 0
    connected: int = 0
    charges: int = 0
    cost: int = 0
    gifts: int = 0
    pause: str | None = None
    paused_at: int = 0
    held_until: int | None = None
    patience: int | None = None
    ended: str | None = None
    messages: int = 0
    mode: str = "chat"
    # Rates that held before: up to how many increments, and the rate until there.
    earlier: list[tuple[int, int]] = field(default_factory=list)
    # The connection that each side's media go through, and when those that are not connected were lost.
    media: dict[str, str] = field(default_factory=dict)
    media_lost: dict[str, int] = field(default_factory=dict)
    lost: dict[str, tuple[int, str]] = field(default_factory=dict)

    def charged_after(self, count: int) -> int:
        charged, since = 0, 0
        for until, rate in [*self.earlier, (count, self.rate)]:
            charged += floor(Fraction(rate * max(0, min(until, count) - since) * self.increment, self.minute))
            since = until
        return charged

    @property
    def price(self) -> int:
        """Of the next increment."""
        return self.charged_after(self.charges + 1) - self.charged_after(self.charges)

    def start(self, now: int) -> None:
        self.since, self.base = now, 0
        self.charge_until(now)

    @property
    def paid_until(self) -> int | None:
        return None if self.since is None or self.pause else self.since + self.charges * self.increment - self.base

    def charge_until(self, until: int) -> None:
        while self.ended is None and self.paid_until is not None and self.paid_until <= until:
            if self.wallet.can_pay(self.price, spent_in_room=self.cost + self.gifts):
                self.wallet.pay(self.price)
                self.cost += self.price
                self.charges += 1
            else:
                self.paused_at = self.paid_until
                self.connected = self.charges * self.increment
                self.held_until = self.paid_until + self.window
                self.pause = "balance"

    @property
    def lacks_media(self) -> bool:
        return self.mode != "chat" and len(self.media) < 2

    def lose(self, side: str, proof: int, blame: str, *, took_media: bool = False) -> None:
        if self.ended or self.since is None:
            return
        self.charge_until(proof - 1)
        self.lost[side] = (proof, blame)
        if took_media:
            del self.media[side]
            self.media_lost[side] = proof
        self._pause_for("connection", proof)

    def lose_media(self, side: str, proof: int) -> None:
        if self.ended or self.since is None:
            return
        self.charge_until(proof - 1)
        del self.media[side]
        self.media_lost[side] = proof
        self._pause_for("media", proof)

    def connect_media(self, side: str, connection: str, now: int, *, both_there: bool) -> None:
        self.deadline(now)
        if self.ended or self.mode == "chat" or self.media.get(side) == connection:
            return
        self.media[side] = connection
        self.media_lost.pop(side, None)
        self._be_patient(self.patience)
        self._go_on(now, both_there=both_there)

    def change_mode(self, mode: str, rate: int, now: int, *, both_there: bool) -> None:
        """The new rate holds from the next increment on."""
        if self.pause is None:
            self.charge_until(now - 1)
        if rate != self.rate:
            if self.charges > (self.earlier[-1][0] if self.earlier else 0):
                self.earlier.append((self.charges, self.rate))
            self.rate = rate
        was_chat, self.mode = self.mode == "chat", mode
        if mode == "chat":
            self.media.clear()
            self.media_lost.clear()
        if was_chat and self.pause is None:
            self._stop(now)
            self.pause, self.patience = "media", now + self.grace
        else:
            self._go_on(now, both_there=both_there)

    def _pause_for(self, what: str, proof: int) -> None:
        if self.pause == "balance" and proof >= self.paused_at:
            return
        self._stop(proof if self.pause is None else min(proof, self.paused_at))
        waited = self.patience if self.pause in ("connection", "media") else None
        self.pause, self.held_until = "connection" if self.lost else what, None
        self._be_patient(waited)

    def _go_on(self, now: int, *, both_there: bool) -> None:
        if self.pause not in ("connection", "media") or not both_there:
            return
        if not self.lacks_media:
            self._run(now)
        elif self.pause == "connection":
            self.pause = "media"
            self.patience = now + self.grace if self.patience is None else max(self.patience, now + self.grace)

    def cut(self, proof: int, back: int, now: int, *, both_there: bool) -> None:
        """Lost at `proof`, but back through another connection since `back`."""
        if self.ended or self.since is None:
            return
        self.charge_until(proof - 1)
        begin = max(proof, self.since)
        end = back if self.pause is None else min(back, self.paused_at)
        if end <= begin:
            return
        before = min(self.base + begin - self.since, self.charges * self.increment)
        self.since, self.base = end, before
        if self.pause is None:
            return
        self.connected = before + self.paused_at - end
        if self.pause == "balance":
            self.pause, self.held_until, self.patience = "connection", None, now + self.grace
        self._go_on(now, both_there=both_there)

    def say(self, *, is_there: bool) -> str:
        """What becomes of a message of somebody who is in the room, or only connected."""
        if self.ended:
            return "not_in_progress"
        if self.pause == "balance":
            return "clock_stopped"
        if self.pause == "connection" and not is_there:
            return "not_joined"
        self.messages += 1
        return "stored"

    def give(self, price: int, *, words: str, is_there: bool) -> str:
        """Why the client's gift is refused; empty once it is paid."""
        if self.ended:
            return "consultation.not_in_progress"
        if words and self.pause == "balance":
            return "consultation.clock_stopped"
        if words and self.pause == "connection" and not is_there:
            return "consultation.not_joined"
        refusal = self.wallet.refusal(price, spent_in_room=self.cost + self.gifts)
        if not refusal:
            self.wallet.pay(price)
            self.gifts += price
        return refusal

    def _be_patient(self, waited: int | None) -> None:
        """Those who are missing are waited for from the first loss that is left, never less than promised before."""
        missing = [at for at, _ in self.lost.values()] if self.pause == "connection" else []
        if self.pause == "media":
            missing = list(self.media_lost.values())
        if missing:
            until = min(missing) + self.grace
            self.patience = until if waited is None else max(waited, until)

    def _stop(self, at: int) -> None:
        assert self.since is not None
        self.paused_at = max(at, self.since)
        self.connected = min(self.base + max(0, at - self.since), self.charges * self.increment)

    def come_back(self, side: str, now: int, *, both_there: bool) -> None:
        if self.ended or self.since is None:
            return
        self.deadline(now)
        self.lost.pop(side, None)
        self._be_patient(self.patience)
        if self.ended is None:
            self._go_on(now, both_there=both_there)

    def _run(self, now: int) -> None:
        self.since, self.base, self.pause, self.held_until, self.patience = now, self.connected, None, None, None
        self.charge_until(now)

    def tick(self, now: int, *, both_there: bool) -> None:
        if self.ended or self.since is None:
            return
        if both_there:
            self.charge_until(now)
        if self.pause == "balance" and self._funded(now):
            if both_there and not self.lacks_media:
                self._run(now)
            else:
                self.pause, self.held_until = "media" if both_there else "connection", None
                self.patience = now + self.grace
        self.deadline(now)

    def _funded(self, now: int) -> bool:
        """The money for the next increment is there, and came before the held time ended."""
        assert self.held_until is not None
        came_in_time = now < self.held_until or 0 <= self.wallet.credited_at < self.held_until
        return came_in_time and self.wallet.can_pay(self.price, spent_in_room=self.cost + self.gifts)

    def deadline(self, now: int) -> None:
        if self.pause == "balance" and self.held_until is not None and self.held_until <= now and not self._funded(now):
            self.end("balance_exhausted", now)
        elif self.pause == "connection" and self.patience is not None and self.patience <= now:
            blames = [blame for _, blame in self.lost.values()]
            reason = "server_interrupted" if "node" in blames else f"{next(iter(self.lost))}_disconnected"
            self.end("both_disconnected" if reason != "server_interrupted" and len(blames) == 2 else reason, now)
        elif self.pause == "media" and self.patience is not None and self.patience <= now:
            missing = [side for side in ("client", "reader") if side not in self.media]
            self.end("both_disconnected" if len(missing) != 1 else f"{missing[0]}_disconnected", now)

    def end(self, reason: str, now: int) -> None:
        if self.ended:
            return
        if self.pause is None:
            self.charge_until(now - 1)
        if self.pause == "balance":
            reason = "balance_exhausted"
        reader_missing = self.pause is not None and "reader" in self.lost
        reader_missing = reader_missing or (self.pause == "media" and "reader" not in self.media)
        if self.pause is None:
            self._stop(now)
        begun = min(self.charges, max(1, ceil(Fraction(self.connected, self.increment)))) if self.charges else 0
        gross = self.charged_after(self.charges)
        back = gross - self.charged_after(begun)
        if self.settlement == "second" or reader_missing or reason not in ("client_ended", "client_disconnected"):
            price = self.charged_after(begun) - self.charged_after(begun - 1) if begun else 0
            back += ceil(Fraction(price * (begun * self.increment - self.connected), self.increment))
        if self.connected < self.free:
            back = gross
        self.refund(min(back, self.cost), now)
        self.ended, self.pause = reason, None

    def refund(self, amount: int, now: int) -> None:
        self.cost -= amount
        self.wallet.get_back(amount, now)

    @property
    def earned(self) -> int:
        return floor(self.share * self.cost)
