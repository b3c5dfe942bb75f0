/** The way to a bank's own page and back: which top-up it was about is kept in the address, and taken out of it at the return. */

export interface ReturnedPayment {
  topUpId: string;
  /** What the address claims; the server has the last word. */
  isSaidToBePaid: boolean;
}

const TOP_UP = "top_up";
const ADDED_BY_STRIPE = ["payment_intent", "payment_intent_client_secret", "redirect_status", "source_type"];
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The present page, as a place to come back to. */
export function returnAddress(href: string, topUpId: string): string {
  const url = new URL(href);
  url.searchParams.set(TOP_UP, topUpId);
  return url.href;
}

/** Reads what Stripe added to the address and removes it: a reload must not resume twice, and a secret is in it. */
export function takeReturnedPayment(page: Pick<Window, "location" | "history">): ReturnedPayment | null {
  const url = new URL(page.location.href);
  const topUpId = url.searchParams.get(TOP_UP);
  const status = url.searchParams.get("redirect_status");
  const isReturn = url.searchParams.has("payment_intent");
  if (topUpId === null && !isReturn) return null;
  for (const name of [TOP_UP, ...ADDED_BY_STRIPE]) url.searchParams.delete(name);
  page.history.replaceState(page.history.state, "", url.pathname + url.search + url.hash);
  if (!isReturn || topUpId === null || !ID.test(topUpId)) return null;
  return { topUpId, isSaidToBePaid: status === "succeeded" };
}
