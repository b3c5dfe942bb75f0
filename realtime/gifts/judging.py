"""Whether each gift of a batch may be sent: decided one after the other, on rows that are locked until all are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from billing.gifts.purses import Purse
from config.errors import AppError, Conflict, Forbidden, NonceReused, NotFound, Overloaded, WalletBalanceTooLow
from realtime.consultations.errors import ConsultationClockStopped, ConsultationNotInProgress, ConsultationNotJoined
from realtime.gifts.errors import GiftKindUnknown, GiftPriceChanged
from realtime.livestreams.chat_errors import LivestreamMuted
from realtime.livestreams.errors import LivestreamBanned, LivestreamEnded, LivestreamNotLive
from storage.gifts import (
    GiftConsultation,
    GiftDraft,
    GiftFacts,
    GiftLivestream,
    KnownGift,
    SenderLimits,
    list_existing_places,
    list_sender_limits,
    lock_consultations_for_gifts,
    lock_livestreams_for_gifts,
    read_gift_facts,
)
from storage.ledger import LedgerAccount
from storage.ledger_batches import lock_accounts_of
from storage.transaction import Transaction

Place = GiftLivestream | GiftConsultation


@dataclass(slots=True)
class Scene:
    """What a batch is decided on. `held` are the places that exist but that somebody else keeps locked."""

    places: dict[UUID, Place]
    held: set[UUID]
    accounts: dict[tuple[UUID, str], LedgerAccount]
    leaves_out_held: bool
    facts: list[GiftFacts] = field(default_factory=list)
    limits: dict[UUID, SenderLimits] = field(default_factory=dict)
    purses: dict[UUID, Purse] = field(default_factory=dict)

    def purse_of(self, sender_id: UUID, place: Place) -> Purse | None:
        """The same one for each gift of that sender. None = there is no wallet."""
        wallet = self.accounts.get((sender_id, "wallet"))
        if sender_id not in self.purses and wallet is not None:
            self.purses[sender_id] = _fill_purse(wallet, self.limits.get(sender_id), place)
        return self.purses.get(sender_id)


def _fill_purse(wallet: LedgerAccount, limits: SenderLimits | None, place: Place) -> Purse:
    if limits is None:
        return Purse(wallet.spendable_minor)
    periods = ((limits.per_day_minor, limits.today_minor), (limits.per_month_minor, limits.month_minor))
    left = [limit - spent for limit, spent in periods if limit is not None]
    in_consultation = None
    if limits.per_consultation_minor is not None and isinstance(place, GiftConsultation):
        in_consultation = limits.per_consultation_minor - place.spent_minor
    return Purse(wallet.spendable_minor, min(left, default=None), in_consultation)


def place_id_of(draft: GiftDraft) -> UUID:
    place_id = draft.livestream_id or draft.consultation_id
    assert place_id is not None
    return place_id


async def read_scene(tx: Transaction, drafts: Sequence[GiftDraft], *, currency: str, now: datetime, skip_locked: bool) -> Scene:
    """Lock what the gifts are sent in, then the ledger accounts; then read, so that everything read is the newest."""
    wanted = {place_id_of(draft) for draft in drafts}
    places: dict[UUID, Place] = {}
    if drafts[0].livestream_id is not None:
        places.update(await lock_livestreams_for_gifts(tx, list(wanted), skip_locked=skip_locked))
    else:
        places.update(await lock_consultations_for_gifts(tx, list(wanted), skip_locked=skip_locked))
    held: set[UUID] = set()
    if skip_locked and len(places) < len(wanted):
        held = await list_existing_places(tx, list(wanted - set(places)))
    senders = {draft.sender_id for draft in drafts}
    accounts = await lock_accounts_of(
        tx,
        wallets=list(senders),
        earnings=list({place.reader_id for place in places.values()}),
        currency=currency,
        skip_locked=skip_locked,
    )
    scene = Scene(places, held, accounts, skip_locked)
    readers = [places[place_id].reader_id if (place_id := place_id_of(draft)) in places else None for draft in drafts]
    scene.facts = await read_gift_facts(tx, drafts, reader_ids=readers, currency=currency, now=now)
    wallets = {owner_id: account.id for (owner_id, kind), account in accounts.items() if kind == "wallet"}
    scene.limits = await list_sender_limits(tx, wallets, now=now)
    return scene


def decide(scene: Scene, draft: GiftDraft, facts: GiftFacts) -> AppError | KnownGift | int:
    """Why it is refused; or the gift that was paid with this nonce before; or what it costs: the sender's purse then lacks it."""
    if scene.leaves_out_held and (draft.sender_id, "wallet") not in scene.accounts:
        return Overloaded()
    if facts.known is not None:
        return facts.known if is_same_gift(draft, facts.known) else NonceReused()
    place_id = place_id_of(draft)
    if place_id in scene.held:
        return Overloaded()
    place = scene.places.get(place_id)
    refusal = _refuse_place(place, draft, facts)
    if refusal is not None:
        return refusal
    assert place is not None
    if facts.kind_name is None:
        return GiftKindUnknown()
    amount_minor = facts.price_minor * draft.quantity
    if draft.amount_minor not in (None, amount_minor):
        return GiftPriceChanged()
    if (place.reader_id, "earnings") not in scene.accounts:
        return Overloaded() if scene.leaves_out_held else Conflict("This reader has no account in our currency")
    return _decide_money(scene, draft, place, amount_minor)


def _decide_money(scene: Scene, draft: GiftDraft, place: Place, amount_minor: int) -> AppError | int:
    purse, in_consultation = scene.purse_of(draft.sender_id, place), isinstance(place, GiftConsultation)
    if purse is None:
        return WalletBalanceTooLow()
    refusal = purse.refusal(amount_minor, in_consultation=in_consultation)
    if refusal is not None:
        return refusal
    purse.spend(amount_minor, in_consultation=in_consultation)
    return amount_minor


def is_same_gift(draft: GiftDraft, known: KnownGift) -> bool:
    asked = (draft.livestream_id, draft.consultation_id, draft.gift_kind_id, draft.quantity, draft.message)
    was = (known.livestream_id, known.consultation_id, known.gift_kind_id, known.quantity, known.message)
    return asked == was and draft.amount_minor in (None, known.amount_minor)


def _refuse_place(place: Place | None, draft: GiftDraft, facts: GiftFacts) -> AppError | None:
    if isinstance(place, GiftLivestream):
        return _refuse_livestream(place, draft, facts)
    if isinstance(place, GiftConsultation):
        return _refuse_consultation(place, draft)
    return NotFound("There is no such livestream" if draft.livestream_id is not None else "There is no such consultation")


def _refuse_livestream(livestream: GiftLivestream, draft: GiftDraft, facts: GiftFacts) -> AppError | None:
    if draft.sender_id == livestream.reader_id:
        return Forbidden("You cannot send gifts to yourself")
    if facts.sanction == "banned":
        return LivestreamBanned()
    if livestream.status == "scheduled":
        return LivestreamNotLive()
    if livestream.status != "live":
        return LivestreamEnded()
    return LivestreamMuted.until(facts.sanction_until_at) if facts.sanction == "muted" else None


def _refuse_consultation(consultation: GiftConsultation, draft: GiftDraft) -> AppError | None:
    """Whose money has ended may give what is left, but not talk: a gift's message is words like any other."""
    if draft.sender_id == consultation.reader_id:
        return Forbidden("You cannot send gifts to yourself")
    if draft.sender_id != consultation.client_id:
        return NotFound("There is no such consultation")
    if consultation.status != "in_progress":
        return ConsultationNotInProgress()
    if draft.message and consultation.pause_reason == "balance":
        return ConsultationClockStopped()
    if draft.message and consultation.pause_reason == "connection" and not consultation.client_attends:
        return ConsultationNotJoined()
    return None
