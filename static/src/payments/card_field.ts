/** Stripe's Payment Element for one payment, and what its answers mean to us. Card numbers stay inside Stripe's frame. */
import type { PaymentIntentResult, Stripe, StripeElements, StripeError, StripePaymentElement } from "@stripe/stripe-js";
import { readAppearance, watchAppearance } from "./appearance";

/** `incomplete`: a field says what is missing. `unclear`: nobody knows whether the bank was asked; asking again is safe. */
export type RefusalReason = "incomplete" | "declined" | "unconfirmed" | "unclear" | "over";

export type CardAnswer =
  /** Not the truth about the money yet: that is what the server hears from the provider. */
  | { kind: "submitted"; isPaid: boolean }
  /** `message` is Stripe's sentence for the card's owner, in their language. */
  | { kind: "refused"; reason: RefusalReason; message: string | null };

/** What can be paid with, as the store sees it. */
export interface Payable {
  pay(returnUrl: string): Promise<CardAnswer>;
}

export class CardField implements Payable {
  private readonly elements: StripeElements;
  private readonly element: StripePaymentElement;
  private readonly stopWatching: () => void;

  constructor(
    private readonly stripe: Stripe,
    clientSecret: string,
    page: Window,
  ) {
    this.elements = stripe.elements({ clientSecret, appearance: readAppearance(page), loader: "auto" });
    this.element = this.elements.create("payment", { layout: "tabs" });
    this.stopWatching = watchAppearance(page, (appearance) => this.elements.update({ appearance }));
  }

  /** Resolves once somebody can type; rejects when Stripe cannot show the fields. */
  show(place: HTMLElement): Promise<void> {
    return new Promise((resolve, reject) => {
      this.element.once("ready", () => resolve());
      this.element.once("loaderror", (event) => reject(new Error(event.error.message ?? event.error.type)));
      this.element.mount(place);
    });
  }

  async pay(returnUrl: string): Promise<CardAnswer> {
    try {
      const result = await this.stripe.confirmPayment({
        elements: this.elements,
        confirmParams: { return_url: returnUrl },
        redirect: "if_required",
      });
      return meaningOf(result);
    } catch (error) {
      console.error(error);
      return { kind: "refused", reason: "unclear", message: null };
    }
  }

  close(): void {
    this.stopWatching();
    this.element.destroy();
  }
}

function meaningOf(result: PaymentIntentResult): CardAnswer {
  const status = (result.paymentIntent ?? result.error?.payment_intent)?.status;
  // Also what a second confirmation of a payment is answered with: it was paid by the first.
  if (status === "succeeded" || status === "processing") return { kind: "submitted", isPaid: status === "succeeded" };
  if (result.error === undefined) return { kind: "refused", reason: "unclear", message: null };
  if (status === "canceled") return { kind: "refused", reason: "over", message: null };
  return { kind: "refused", reason: reasonOf(result.error), message: ownersMessage(result.error) };
}

function reasonOf(error: StripeError): RefusalReason {
  if (error.type === "validation_error") return "incomplete";
  if (error.type === "card_error") return "declined";
  return error.code === "payment_intent_authentication_failure" ? "unconfirmed" : "unclear";
}

/** Stripe writes only the messages of these for a card's owner; the others are for us. */
function ownersMessage(error: StripeError): string | null {
  const isForOwner = error.type === "card_error" || error.type === "validation_error";
  return isForOwner ? (error.message ?? null) : null;
}
