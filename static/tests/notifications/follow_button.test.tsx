import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, expect, test, vi } from "vitest";
import { FollowButton } from "../../src/components/follow_button";
import type { User } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeServices, problemAnswer, sampleUser } from "../support/fake_services";
import { READER_ID } from "../support/samples";

afterEach(cleanup);

function show(options: { isFollowed?: boolean | null; user?: User | null; refuses?: boolean } = {}) {
  const state = { reader_id: READER_ID, is_followed: false, followers_count: 1 };
  const fake = fakeServices(
    ({ method }) =>
      options.refuses ? problemAnswer(409, "follow.too_many") : { ...state, is_followed: method === "PUT" },
    options.user === undefined ? sampleUser : options.user,
  );
  const onChange = vi.fn();
  const offer = vi.spyOn(fake.services.push, "offerAfterFollowing");
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <FollowButton readerId={READER_ID} name="Mara" isFollowed={options.isFollowed ?? false} onChange={onChange} />
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  return { ...fake, onChange, offer };
}

const button = () => screen.getByRole("button", { name: /^Follow(ing)? Mara$/ });

test("one press follows, the next one ceases to, and the button says which", async () => {
  const { calls, onChange, offer } = show();
  fireEvent.click(button());
  await vi.waitFor(() => expect(button().getAttribute("aria-pressed")).toBe("true"));
  expect(offer).toHaveBeenCalledWith("Mara");
  expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ is_followed: true }));
  fireEvent.click(button());
  await vi.waitFor(() => expect(button().getAttribute("aria-pressed")).toBe("false"));
  expect(calls.map(({ method }) => method)).toEqual(["PUT", "DELETE"]);
  expect(offer).toHaveBeenCalledTimes(1);
});

test("a refusal is said, and nothing changes", async () => {
  const { services } = show({ refuses: true });
  fireEvent.click(button());
  await vi.waitFor(() => expect(services.notices.items.value).toHaveLength(1));
  expect(button().getAttribute("aria-pressed")).toBe("false");
});

test("who is not logged in is sent to log in, and readers do not follow themselves", () => {
  show({ user: null });
  expect(screen.getByRole("link", { name: "Follow Mara" }).getAttribute("href")).toMatch(/^\/login\?next=/);
  cleanup();
  show({ user: { ...sampleUser, id: READER_ID, role: "reader" } });
  expect(screen.queryByRole("button")).toBeNull();
});
