/** Sending a gift: paid before anybody sees it, and once however often an unclear answer makes somebody press again. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import type { LiveConnection } from "../live/connection";
import { newNonce } from "../live/nonces";
import type { OwnWallet } from "../stores/own_wallet";
import type { Gift } from "./protocol";

/** What it is sent in. */
export type GiftPlace = { livestream_id: string } | { consultation_id: string };

export interface GiftWish {
  giftKindId: string;
  quantity: number;
  message: string;
  /** What all of it costs, as it was shown beside the button. */
  amountMinor: number;
}

export type GiftStep =
  | { kind: "choosing"; problem: Problem | null }
  | { kind: "sending" }
  | { kind: "sent"; gift: Gift };

export class GiftSending {
  readonly step: ReadonlySignal<GiftStep>;
  private readonly current = signal<GiftStep>({ kind: "choosing", problem: null });
  /** Kept until the answer is clear, so that pressing again pays once. */
  private kept: { body: string; nonce: string } | null = null;

  constructor(
    private readonly live: LiveConnection,
    private readonly wallet: Pick<OwnWallet, "tell">,
    private readonly place: GiftPlace,
    private readonly onSent: (gift: Gift) => void,
  ) {
    this.step = this.current;
  }

  /** Null: not sent, or not known; `step` says which. */
  async send(wish: GiftWish): Promise<Gift | null> {
    if (this.current.peek().kind === "sending") return null;
    const body = JSON.stringify(wish);
    if (this.kept?.body !== body) this.kept = { body, nonce: newNonce() };
    this.current.value = { kind: "sending" };
    try {
      const { gift, balance_minor } = await this.live.send("gift.send", {
        ...this.place,
        gift_kind_id: wish.giftKindId,
        quantity: wish.quantity,
        ...(wish.message === "" ? {} : { message: wish.message }),
        nonce: this.kept.nonce,
        amount_minor: wish.amountMinor,
      });
      this.kept = null;
      this.wallet.tell(balance_minor, gift.currency);
      this.current.value = { kind: "sent", gift };
      this.onSent(gift);
      return gift;
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.isRetryable) this.kept = null;
      this.current.value = { kind: "choosing", problem };
      return null;
    }
  }

  again(): void {
    if (this.current.peek().kind !== "sending") this.current.value = { kind: "choosing", problem: null };
  }
}
