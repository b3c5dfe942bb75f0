/**
 * One top-up from the press of the button to the money in the wallet, which only the provider's webhook brings. It belongs to
 * the tab, not to a form: a sheet that is closed and opened again, or a page that comes back from a bank, goes on with it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import type { Resources } from "../api/resources";
import type { CardAnswer, Payable } from "../payments/card_field";
import { type ReturnedPayment, returnAddress } from "../payments/returning";
import type { TestConfirmationPayload, TopUp } from "../protocol";
import type { OwnWallet } from "./own_wallet";

export type Refusal = Extract<CardAnswer, { kind: "refused" }>;
type BankOutcome = TestConfirmationPayload["outcome"];

export type TopUpStep =
  | { kind: "choosing"; problem: Problem | null }
  | { kind: "sending" }
  /** A card is typed into the provider's fields. */
  | {
      kind: "card";
      topUp: TopUp;
      clientSecret: string;
      isPaying: boolean;
      refusal: Refusal | null;
      wasRefused: boolean;
    }
  /** Test mode: the bank's question waits, and there is no bank. */
  | { kind: "bank"; topUpId: string; asked: Problem; answering: BankOutcome | null; problem: Problem | null }
  | { kind: "pending"; topUpId: string; isSlow: boolean; isLeft: boolean }
  | { kind: "completed"; topUp: TopUp }
  | { kind: "failed"; topUp: TopUp };

const ASK_EVERY_MS = 700;
const SLOW_AFTER_MS = 15_000;
const GIVE_UP_AFTER_MS = 120_000;

export class AddingMoney {
  private readonly current = signal<TopUpStep>({ kind: "choosing", problem: null });
  // The same key for the same wish: a repeat after a lost answer takes the money once.
  private wish: { body: string; key: string } | null = null;
  private round = 0;

  constructor(
    private readonly resources: Resources,
    private readonly wallet: OwnWallet,
    private readonly environment: { href: () => string; returned: ReturnedPayment | null },
  ) {}

  get step(): ReadonlySignal<TopUpStep> {
    return this.current;
  }

  /** Whether this page was opened by coming back from a bank, and nobody has looked at that yet. */
  get hasReturned(): boolean {
    return this.environment.returned !== null;
  }

  /** A form is shown. */
  async enter(): Promise<void> {
    const { returned } = this.environment;
    if (returned === null) return;
    this.environment.returned = null;
    await this.follow(returned.topUpId, { ignoresFailure: returned.isSaidToBePaid });
  }

  /** The form is gone: what is settled is forgotten, what is under way goes on. */
  leave(): void {
    const step = this.current.peek();
    if (step.kind === "card" && step.isPaying) void this.follow(step.topUp.id, { ignoresFailure: step.wasRefused });
    const isUnderWay = step.kind === "card" || step.kind === "bank" || step.kind === "sending";
    if (!isUnderWay && !(step.kind === "pending" && !step.isLeft)) this.again();
  }

  again(): void {
    this.round += 1;
    this.current.value = { kind: "choosing", problem: null };
  }

  /** Somebody else uses this tab now. */
  forget(): void {
    this.wish = null;
    this.again();
  }

  /** Without a payment method the card is typed in the next step. */
  async start(amountMinor: number, paymentMethod: string | null): Promise<void> {
    if (this.current.peek().kind === "sending") return;
    const method = paymentMethod === null ? {} : { payment_method: paymentMethod };
    const body = { amount_minor: amountMinor, ...method };
    const text = JSON.stringify(body);
    if (this.wish?.body !== text) this.wish = { body: text, key: crypto.randomUUID() };
    this.round += 1;
    const { round } = this;
    this.current.value = { kind: "sending" };
    try {
      const topUp = await this.resources.topUp(body, this.wish.key);
      if (round !== this.round) return;
      const clientSecret = paymentMethod === null ? topUp.client_secret : null;
      if (clientSecret === null) return await this.follow(topUp.id, { known: topUp });
      // The wish is kept: whoever goes back and chooses the same amount again goes on with the same payment.
      this.current.value = { kind: "card", topUp, clientSecret, isPaying: false, refusal: null, wasRefused: false };
    } catch (error) {
      if (round === this.round) this.notStarted(asProblem(error));
    }
  }

  private notStarted(problem: Problem): void {
    // A clear refusal is final; only an answer that never came keeps its key.
    if (!problem.isRetryable) this.wish = null;
    const topUpId = problem.instance?.split("/").pop();
    const isAsked = problem.code === "payment.authentication_required" && topUpId !== undefined;
    this.current.value = isAsked
      ? { kind: "bank", topUpId, asked: problem, answering: null, problem: null }
      : { kind: "choosing", problem };
  }

  /** Pays with the typed card; a second press while the first is under way does nothing. */
  async pay(field: Payable): Promise<void> {
    const step = this.current.peek();
    if (step.kind !== "card" || step.isPaying) return;
    const { id } = step.topUp;
    this.current.value = { ...step, isPaying: true, refusal: null };
    const answer = await field.pay(returnAddress(this.environment.href(), id));
    if (!this.isAbout(id)) return;
    // The server may remember an earlier refusal until it hears that the payment was made after all.
    if (answer.kind === "submitted") {
      return await this.follow(id, { ignoresFailure: answer.isPaid || step.wasRefused });
    }
    this.round += 1;
    if (answer.reason === "over") this.wish = null;
    const wasRefused = step.wasRefused || answer.reason === "declined" || answer.reason === "unconfirmed";
    this.current.value = { ...step, isPaying: false, refusal: answer, wasRefused };
  }

  private isAbout(topUpId: string): boolean {
    const step = this.current.peek();
    return (step.kind === "card" && step.topUp.id === topUpId) || (step.kind === "pending" && step.topUpId === topUpId);
  }

  /** Test mode: what the bank would have said. */
  async answerForBank(outcome: BankOutcome): Promise<void> {
    const step = this.current.peek();
    if (step.kind !== "bank" || step.answering !== null) return;
    this.current.value = { ...step, answering: outcome, problem: null };
    try {
      const topUp = await this.resources.answerForBank(step.topUpId, { outcome });
      if (this.current.peek().kind === "bank") await this.follow(topUp.id, { known: topUp });
    } catch (error) {
      const problem = asProblem(error);
      if (this.current.peek().kind !== "bank") return;
      // Answered before, in another tab or by a press whose answer was lost: what came of it is the answer.
      if (problem.code === "top_up.not_waiting") await this.follow(step.topUpId, {});
      else if (problem.status === 404) this.current.value = { kind: "choosing", problem: step.asked };
      else this.current.value = { ...step, answering: null, problem };
    }
  }

  /** Asks what became of a top-up until that is settled. */
  private async follow(topUpId: string, given: { known?: TopUp; ignoresFailure?: boolean }): Promise<void> {
    this.wish = null;
    this.round += 1;
    const { round } = this;
    const startedAtMs = Date.now();
    this.current.value = { kind: "pending", topUpId, isSlow: false, isLeft: false };
    for (let found = given.known ?? null; ; ) {
      found ??= await this.find(topUpId, round);
      if (round !== this.round) return;
      const isFailed = found?.status === "failed" && !given.ignoresFailure;
      if (found !== null && (found.status === "completed" || isFailed)) return await this.settle(found, round);
      const elapsedMs = Date.now() - startedAtMs;
      const isLeft = elapsedMs > GIVE_UP_AFTER_MS;
      this.current.value = { kind: "pending", topUpId, isSlow: elapsedMs > SLOW_AFTER_MS, isLeft };
      if (isLeft) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      found = null;
    }
  }

  private async settle(topUp: TopUp, round: number): Promise<void> {
    await this.wallet.reload();
    if (round === this.round)
      this.current.value = { kind: topUp.status === "completed" ? "completed" : "failed", topUp };
  }

  private async find(topUpId: string, round: number): Promise<TopUp | null> {
    try {
      return await this.resources.findTopUp(topUpId);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.isRetryable || problem.status === 429 || round !== this.round) return null;
      this.again();
      this.current.value = { kind: "choosing", problem };
      return null;
    }
  }
}
