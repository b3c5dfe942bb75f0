"""Sending a batch of gifts in one transaction: judged, paid, written, and told of after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from billing.gifts.purses import readers_part
from billing.wallet.events import emit_wallet_changed
from config.errors import AppError
from config.ids import new_id
from config.settings import BillingSettings
from realtime.gifts.events import emit_earnings_changed
from realtime.gifts.judging import Place, Scene, decide, place_id_of, read_scene
from realtime.gifts.telling import Untold, tell_of_gifts
from realtime.livestreams.messages import GiftView, SpeakerView, render_speaker
from storage.gift_writes import PaidGift, insert_gifts, lock_tallies
from storage.gifts import GiftDraft, GiftFacts, GiftLivestream, KnownGift
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id
from storage.ledger_batches import BatchedTransfer, insert_transfers
from storage.transaction import Transaction


class GiftOutcome(NamedTuple):
    """What became of a draft: the gift with the sender's balance after it, or why it was refused."""

    gift: GiftView | None = None
    balance_minor: int | None = None
    error: AppError | None = None


class _Accepted(NamedTuple):
    """A draft that was judged payable."""

    draft: GiftDraft
    facts: GiftFacts
    place: Place
    amount_minor: int


async def send_gifts(
    tx: Transaction, drafts: Sequence[GiftDraft], *, billing: BillingSettings, now: datetime, skip_locked: bool = False
) -> list[GiftOutcome]:
    """One outcome for each draft, in their order; a refused one changes nothing.

    Either all drafts are of livestreams or all of consultations, and each (sender, nonce) comes once. Money: the sender's
    wallet −, the reader's earnings + their share, revenue + the rest. Locks what the gifts are sent in, then the ledger
    accounts by their ids, then the tallies. With `skip_locked` what somebody else holds is refused as Overloaded.
    """
    scene = await read_scene(tx, drafts, currency=billing.currency, now=now, skip_locked=skip_locked)
    decisions = [decide(scene, draft, facts) for draft, facts in zip(drafts, scene.facts, strict=True)]
    accepted = [
        _Accepted(draft, facts, scene.places[place_id_of(draft)], decision)
        for draft, facts, decision in zip(drafts, scene.facts, decisions, strict=True)
        if isinstance(decision, int)
    ]
    told = {gift.view.id: gift for gift in await _pay(tx, scene, accepted, billing=billing, now=now)} if accepted else {}
    outcomes = []
    for draft, facts, decision in zip(drafts, scene.facts, decisions, strict=True):
        if isinstance(decision, AppError):
            outcomes.append(GiftOutcome(error=decision))
        elif isinstance(decision, KnownGift):
            view = _render_known(facts, decision)
            outcomes.append(GiftOutcome(view, decision.balance_minor))
            if decision.id == draft.id and (place := scene.places.get(place_id_of(draft))) is not None:
                # An earlier try of ours was committed although we were not told: nobody has heard of this gift yet.
                told[draft.id] = Untold(
                    place, facts, view, decision.created_at, decision.balance_minor, draft.line_id, decision.seq
                )
        else:
            outcomes.append(GiftOutcome(told[draft.id].view, told[draft.id].balance_minor))
    await tell_of_gifts(tx, list(told.values()), now=now)
    return outcomes


async def _pay(
    tx: Transaction, scene: Scene, accepted: Sequence[_Accepted], *, billing: BillingSettings, now: datetime
) -> list[Untold]:
    """Move the money and write everything that follows from it."""
    revenue_id = await get_platform_account_id(tx, kind="revenue", currency=billing.currency)
    livestream_ids = sorted({gift.place.id for gift in accepted if isinstance(gift.place, GiftLivestream)})
    newest = await lock_tallies(tx, livestream_ids) if livestream_ids else {}
    transfers, paid = [], []
    for gift in accepted:
        seq = None
        if isinstance(gift.place, GiftLivestream):
            seq = newest[gift.place.id] = newest[gift.place.id] + 1
        part = readers_part(gift.amount_minor, billing.reader_share_bps)
        transfer = _draft_transfer(scene, gift, part, revenue_id=revenue_id, currency=billing.currency)
        transfers.append(transfer)
        paid.append(
            PaidGift(
                gift.draft,
                reader_id=gift.place.reader_id,
                amount_minor=gift.amount_minor,
                reader_share_bps=billing.reader_share_bps,
                reader_minor=part,
                currency=billing.currency,
                transfer_id=transfer.id,
                seq=seq,
            )
        )
    balances = await insert_transfers(tx, transfers, now=now)
    await insert_gifts(tx, paid, now=now)
    _emit_money(tx, scene, accepted, paid, balances, now=now)
    told = []
    for gift, written in zip(accepted, paid, strict=True):
        wallet_id = scene.accounts[gift.draft.sender_id, "wallet"].id
        view = _render_paid(gift, currency=billing.currency)
        balance_minor = balances[written.transfer_id, wallet_id]
        told.append(Untold(gift.place, gift.facts, view, now, balance_minor, gift.draft.line_id, written.seq))
    return told


def _draft_transfer(scene: Scene, gift: _Accepted, part: int, *, revenue_id: int, currency: str) -> BatchedTransfer:
    draft = gift.draft
    what = gift.facts.kind_name if draft.quantity == 1 else f"{draft.quantity} × {gift.facts.kind_name}"
    return BatchedTransfer(
        new_id(),
        TransferDraft(
            type="gift_purchase",
            idempotency_key=f"gift:{draft.sender_id}:{draft.nonce}",
            reference_kind="gift",
            reference_id=draft.id,
            currency=currency,
            amount_minor=gift.amount_minor,
            description=f"{what} for {gift.facts.reader_name}",
            entries=(
                EntryDraft(scene.accounts[draft.sender_id, "wallet"].id, -gift.amount_minor),
                EntryDraft(scene.accounts[gift.place.reader_id, "earnings"].id, part),
                EntryDraft(revenue_id, gift.amount_minor - part),
            ),
        ),
    )


def _emit_money(
    tx: Transaction,
    scene: Scene,
    accepted: Sequence[_Accepted],
    paid: Sequence[PaidGift],
    balances: dict[tuple[UUID, int], int],
    *,
    now: datetime,
) -> None:
    """Tell senders and readers what they hold once all of it is booked: one event for each person."""
    wallets, earnings = {}, {}
    for gift, written in zip(accepted, paid, strict=True):
        wallet = scene.accounts[gift.draft.sender_id, "wallet"]
        account = scene.accounts[gift.place.reader_id, "earnings"]
        wallets[gift.draft.sender_id] = balances[written.transfer_id, wallet.id]
        if written.reader_minor:
            earnings[gift.place.reader_id] = balances[written.transfer_id, account.id]
    currency = paid[0].currency
    for sender_id, balance_minor in wallets.items():
        emit_wallet_changed(tx, owner_id=sender_id, balance_minor=balance_minor, currency=currency, now=now)
    for reader_id, balance_minor in earnings.items():
        emit_earnings_changed(tx, reader_id=reader_id, balance_minor=balance_minor, currency=currency, now=now)


def _render_paid(gift: _Accepted, *, currency: str) -> GiftView:
    draft, facts = gift.draft, gift.facts
    assert facts.kind_name is not None
    return GiftView(
        id=draft.id,
        sender=_render_sender(facts),
        gift_kind_id=draft.gift_kind_id,
        name=facts.kind_name,
        image_url=facts.image_url,
        animation_url=facts.animation_url,
        quantity=draft.quantity,
        amount_minor=gift.amount_minor,
        currency=currency,
        message=draft.message,
    )


def _render_known(facts: GiftFacts, known: KnownGift) -> GiftView:
    return GiftView(
        id=known.id,
        sender=_render_sender(facts),
        gift_kind_id=known.gift_kind_id,
        name=known.kind_name,
        image_url=known.image_url,
        animation_url=known.animation_url,
        quantity=known.quantity,
        amount_minor=known.amount_minor,
        currency=known.currency,
        message=known.message,
    )


def _render_sender(facts: GiftFacts) -> SpeakerView:
    sender = facts.sender
    return render_speaker(id=sender.id, display_name=sender.display_name, avatar_upload_id=sender.avatar_upload_id)
