/** Stripe.js as far as the card form uses it: fields that are ready at once, and confirmations that a test answers by hand. */
import type { Appearance, PaymentIntentResult, Stripe, StripeError } from "@stripe/stripe-js";

interface Confirmation {
  returnUrl: string;
  redirect: string;
  answer: (result: PaymentIntentResult) => void;
  break: (error: Error) => void;
}

export function paid(status: "succeeded" | "processing" = "succeeded"): PaymentIntentResult {
  return { paymentIntent: { id: "pi_1", status } } as PaymentIntentResult;
}

export function refused(error: Partial<StripeError> & { status?: string }): PaymentIntentResult {
  const { status, ...rest } = error;
  const about = status === undefined ? {} : { payment_intent: { id: "pi_1", status } };
  return { error: { type: "card_error", ...rest, ...about } } as PaymentIntentResult;
}

export class FakeStripe {
  readonly opened: { clientSecret: string; appearance: Appearance }[] = [];
  readonly restyled: Appearance[] = [];
  readonly confirmations: Confirmation[] = [];
  loads: string[] = [];
  shown = 0;
  failsToLoad = false;
  failsToShow = false;

  readonly load = async (publishableKey: string): Promise<Stripe> => {
    this.loads.push(publishableKey);
    if (this.failsToLoad) throw new Error("Failed to load Stripe.js");
    return this as unknown as Stripe;
  };

  elements(options: { clientSecret: string; appearance: Appearance }) {
    this.opened.push(options);
    return {
      create: () => this.createElement(),
      update: (change: { appearance: Appearance }) => this.restyled.push(change.appearance),
    };
  }

  confirmPayment(given: { confirmParams: { return_url: string }; redirect: string }): Promise<PaymentIntentResult> {
    return new Promise((answer, reject) => {
      const { redirect } = given;
      this.confirmations.push({ returnUrl: given.confirmParams.return_url, redirect, answer, break: reject });
    });
  }

  private createElement() {
    const listeners = new Map<string, (event: unknown) => void>();
    let frame: HTMLElement | null = null;
    return {
      once: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
      mount: (place: HTMLElement) => {
        frame = document.createElement("iframe");
        frame.title = "Secure payment input frame";
        place.append(frame);
        this.shown += 1;
        const error = { type: "api_error", message: "no" };
        queueMicrotask(() =>
          this.failsToShow ? listeners.get("loaderror")?.({ error }) : listeners.get("ready")?.({}),
        );
      },
      destroy: () => {
        frame?.remove();
        this.shown -= 1;
      },
    };
  }
}
