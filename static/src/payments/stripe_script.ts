/** Stripe's own script, which Stripe wants loaded from its host and nowhere else; fetched when somebody is about to type a card. */
import type { Stripe } from "@stripe/stripe-js";

export type LoadStripe = (publishableKey: string) => Promise<Stripe | null>;

export const loadStripe: LoadStripe = async (publishableKey) => {
  // The "pure" entry does nothing at import; the usual one would fetch the script on every page.
  const loader = await import("@stripe/stripe-js/pure");
  return loader.loadStripe(publishableKey);
};
