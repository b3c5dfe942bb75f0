import { expect, test } from "vitest";
import { returnAddress, takeReturnedPayment } from "../../src/payments/returning";

const TOP_UP_ID = "01a1fdb7-85c4-717e-8ca0-5a1ccea29c05";
const FROM_STRIPE = "payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2";

function come(address: string) {
  history.replaceState(null, "", address);
  const returned = takeReturnedPayment(window);
  return { returned, left: location.pathname + location.search + location.hash };
}

test("the way back leads to the same page, once, and leaves no secret in the address", () => {
  history.replaceState(null, "", "/wallet?next=%2Froom%2F1#top");
  const back = new URL(returnAddress(location.href, TOP_UP_ID));
  expect(come(`${back.pathname}${back.search}&${FROM_STRIPE}&redirect_status=succeeded${back.hash}`)).toEqual({
    returned: { topUpId: TOP_UP_ID, isSaidToBePaid: true },
    left: "/wallet?next=%2Froom%2F1#top",
  });
  expect(takeReturnedPayment(window)).toBeNull();
});

test("a refusal at the bank is told as one", () => {
  const { returned } = come(`/room/1?top_up=${TOP_UP_ID}&${FROM_STRIPE}&redirect_status=failed`);
  expect(returned).toEqual({ topUpId: TOP_UP_ID, isSaidToBePaid: false });
});

test.each([
  ["/wallet?top_up=../me", "/wallet"],
  [`/wallet?top_up=${TOP_UP_ID}`, "/wallet"],
  [`/wallet?top_up=..%2F..%2Fme&${FROM_STRIPE}`, "/wallet"],
  [`/wallet?${FROM_STRIPE}`, "/wallet"],
  ["/?q=love&redirect_status=x", "/?q=love&redirect_status=x"],
])("an address that is no return is not taken for one: %s", (address, left) => {
  expect(come(address)).toEqual({ returned: null, left });
});
