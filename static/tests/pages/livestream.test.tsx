import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Livestream, LivestreamMessage } from "../../src/livestreams/protocol";
import LivePage from "../../src/pages/live";
import LivestreamPage from "../../src/pages/livestream";
import type { User } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { fakeServices, type HttpCall, sampleUser } from "../support/fake_services";
import {
  LIVESTREAM_ID,
  own,
  sampleGift,
  sampleKinds,
  sampleLine,
  sampleLivestream,
} from "../support/livestream_samples";
import { refusal } from "../support/model_livestream";
import { CLIENT_ID } from "../support/samples";

const AT = "2026-01-01T10:00:35Z";
const WALLET = { balance_minor: 1_000, currency: "USD" };

interface Setting {
  livestream?: Livestream;
  user?: User | null;
  messages?: LivestreamMessage[];
  wallet?: typeof WALLET;
  topUp?: { id: string; status: "completed"; amount_minor: number; currency: string };
  lists?: Partial<Record<Livestream["status"], Livestream[]>>;
}

function show(path: string, { livestream = sampleLivestream(), user = sampleUser, ...more }: Setting = {}) {
  const answer = (call: HttpCall) => {
    if (call.path.startsWith("/livestreams?")) {
      const status = new URLSearchParams(call.path.split("?")[1]).get("status") as Livestream["status"];
      return { items: more.lists?.[status] ?? [], next_cursor: null };
    }
    if (call.path === `/livestreams/${LIVESTREAM_ID}`) return livestream;
    if (call.path.includes("top-senders")) return { items: [] };
    if (call.path === "/gift-kinds") return { items: sampleKinds, next_cursor: null };
    if (call.path === "/wallet") return more.wallet ?? WALLET;
    if (call.path === "/wallet/top-ups") return more.topUp;
    return undefined;
  };
  const fake = fakeServices(answer, user);
  const { socket } = fake;
  socket.answers["livestream.join"] = () => ({
    livestream: { ...livestream, last_seq: more.messages?.length ?? 0 },
    messages: more.messages ?? [],
    top_senders: [],
    standing: { rank: "viewer", is_following: false, sanction: null },
    description: null,
    media: "waiting",
  });
  if (user === null) void fake.services.login.restore();
  history.replaceState(null, "", path);
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <Router>
          <Route path="/live" component={LivePage} />
          <Route path="/live/:id" component={LivestreamPage} />
        </Router>
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  return fake;
}

const watch = (setting: Setting = {}) => show(`/live/${LIVESTREAM_ID}`, setting);
/** The room is open: from here on events are heard. */
const inside = ({ socket }: ReturnType<typeof show>) =>
  waitFor(() => expect(socket.sent.some(({ name }) => name === "livestream.join")).toBe(true));
const field = () => screen.findByRole("textbox", { name: "Say something" });

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("a visitor without a login sees what it is and is asked to log in and come back", async () => {
  const { socket } = watch({ user: null });
  const link = await screen.findByRole("link", { name: "Log in to watch" });
  expect(link.getAttribute("href")).toBe(`/login?next=${encodeURIComponent(`/live/${LIVESTREAM_ID}`)}`);
  expect(screen.getByRole("heading", { name: "Cards by candlelight" })).toBeTruthy();
  expect(socket.sent).toEqual([]);
});

test("markup and links in the chat stay text", async () => {
  const content = '<img src=x onerror=alert(1)> https://example.com <a href="/x">here</a>';
  watch({ messages: [sampleLine(1, { content })] });
  const log = await screen.findByRole("log");
  await within(log).findByText(content);
  expect(log.querySelector("a, img")).toBeNull();
});

test("what is typed is sent, and slow mode counts down beside what is typed next", async () => {
  const { socket } = watch({ livestream: sampleLivestream({ slow_mode_seconds: 30 }) });
  socket.answers["livestream.say"] = () => ({
    message: sampleLine(1, { content: "hello", sender: own, created_at: AT }),
  });
  fireEvent.input(await field(), { target: { value: "hello" } });
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  await within(screen.getByRole("log")).findByText("hello");
  await screen.findByText("Slow mode: you can write again in 30 s.");
  fireEvent.input(await field(), { target: { value: "next" } });
  expect((screen.getByRole("button", { name: "Send" }) as HTMLButtonElement).disabled).toBe(true);
  expect(((await field()) as HTMLInputElement).value).toBe("next");
});

test("whoever is muted is told until when and why; whoever is banned sees nothing more", async () => {
  const fake = watch();
  const { socket } = fake;
  await inside(fake);
  const tell = (kind: "muted" | "banned") =>
    act(() =>
      socket.receive("livestream.sanctioned", {
        livestream_id: LIVESTREAM_ID,
        reader_id: "reader-1",
        kind,
        until_at: null,
        reason: "spam",
        at: AT,
      }),
    );
  await tell("muted");
  expect(screen.getByText(/You may not write in this chat\. Reason: spam/)).toBeTruthy();
  await tell("banned");
  await screen.findByRole("heading", { name: "You may not take part in Mara's livestreams." });
  expect(screen.queryByRole("log")).toBeNull();
});

test("where only followers may write it says so, and keeps the draft", async () => {
  watch({ livestream: sampleLivestream({ is_followers_only: true }) });
  await screen.findByText(/Only who follows Mara may write now/);
});

test("each pause is named for what it is", async () => {
  const fake = watch();
  const { socket } = fake;
  await inside(fake);
  const change = (part: Partial<Livestream>) =>
    act(() => {
      const livestream = sampleLivestream({ version: 9, is_paused: true, ...part });
      socket.receive("livestream.paused", { livestream_id: LIVESTREAM_ID, version: 9, livestream, at: AT });
    });
  await change({ pause_reason: "connection" });
  expect(screen.getByText("Mara will be right back")).toBeTruthy();
  await change({ pause_reason: "private", pause_until_at: "2026-01-01T11:00:00Z", media_id: null });
  expect(screen.getByText("Mara is in a private consultation")).toBeTruthy();
});

test("a gift says what it costs and what is left, and is sent with its words", async () => {
  const { socket, services } = watch();
  await services.wallet.reload();
  socket.answers["gift.send"] = () => ({
    gift: sampleGift({ sender: own, quantity: 2, amount_minor: 200 }),
    balance_minor: 800,
  });
  fireEvent.click(await screen.findByRole("button", { name: "Send Mara a gift" }));
  const sheet = within(await screen.findByRole("dialog"));
  await sheet.findByText("From your balance of $10.00; $9.00 is left.");
  fireEvent.click(sheet.getByRole("button", { name: "One more" }));
  await sheet.findByText("From your balance of $10.00; $8.00 is left.");
  fireEvent.input(sheet.getByLabelText("A few words (may be left out)"), { target: { value: "Thank you" } });
  fireEvent.click(sheet.getByRole("button", { name: "Send 2 × Candle · $2.00" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(socket.sent.find(({ name }) => name === "gift.send")?.payload).toMatchObject({
    livestream_id: LIVESTREAM_ID,
    gift_kind_id: "kind-candle",
    quantity: 2,
    message: "Thank you",
  });
  expect(services.wallet.value.value?.balance_minor).toBe(800);
  expect(screen.getByText("Ana", { exact: false, selector: ".gift-moment span" })).toBeTruthy();
});

test("a gift beyond the balance offers money instead, over what was chosen", async () => {
  const { services } = watch();
  await services.wallet.reload();
  fireEvent.click(await screen.findByRole("button", { name: "Send Mara a gift" }));
  const moon = await screen.findByRole("radio", { name: /Moon/ });
  fireEvent.click(moon);
  await screen.findByText("Your balance is $10.00; $40.00 is missing for this.");
  fireEvent.click(screen.getByRole("button", { name: "Add money" }));
  fireEvent.click(await screen.findByRole("button", { name: "Close" }));
  await screen.findByText("Your balance is $10.00; $40.00 is missing for this.");
});

test("money that was added for a gift leads back to the gift", async () => {
  const topUp = { id: "t-1", status: "completed", amount_minor: 5_000, currency: "USD" } as const;
  const { services } = watch({ topUp });
  await services.wallet.reload();
  fireEvent.click(await screen.findByRole("button", { name: "Send Mara a gift" }));
  fireEvent.click(await screen.findByRole("radio", { name: /Moon/ }));
  fireEvent.click(await screen.findByRole("button", { name: "Add money" }));
  fireEvent.click(await screen.findByRole("button", { name: /Add \$10.00/ }));
  await screen.findByText("$50.00 added to your wallet.");
  fireEvent.click(screen.getByRole("button", { name: "Back to the gift" }));
  expect(((await screen.findByRole("radio", { name: /Moon/ })) as HTMLInputElement).checked).toBe(true);
});

test("a spending limit that does not reach is said, with the way to it", async () => {
  const { socket, services } = watch();
  await services.wallet.reload();
  socket.answers["gift.send"] = () => refusal("wallet.spending_limit_reached", 402);
  fireEvent.click(await screen.findByRole("button", { name: "Send Mara a gift" }));
  fireEvent.click(await screen.findByRole("button", { name: "Send Candle · $1.00" }));
  await screen.findByText(/spending limit is reached/);
  expect(screen.getByRole("link", { name: "See your spending limits" }).getAttribute("href")).toBe("/wallet");
});

test("somebody else's gift is celebrated and named in the chat", async () => {
  const fake = watch();
  const { socket } = fake;
  await inside(fake);
  const gift = sampleGift({ quantity: 3, message: "For you" });
  await act(() =>
    socket.receive("gift.sent", {
      livestream_id: LIVESTREAM_ID,
      gift,
      message: sampleLine(1, { kind: "gift", content: "For you", gift }),
      top_senders: [{ user: gift.sender, total_minor: 500 }],
      gift_goal: null,
      at: AT,
    }),
  );
  expect(screen.getByRole("list", { name: "Gifts that just came" }).textContent).toContain("Bo gives Rose");
  expect(screen.getByRole("log").textContent).toContain("Bo gave 3 × Rose: For you");
  expect(screen.getByRole("region", { name: "Top givers" }).textContent).toContain("Bo$5.00");
});

test("the reader's goal grows with what is given", async () => {
  const goal = { title: "A new deck", goal_minor: 2_000, reached_minor: 500 };
  const fake = watch({ livestream: sampleLivestream({ gift_goal: goal }) });
  await inside(fake);
  const bar = () => screen.getByRole("progressbar", { name: "Gift goal: A new deck" });
  expect(bar().getAttribute("aria-valuetext")).toBe("$5.00 of $20.00");
  const gift = sampleGift();
  const give = (reached: number, seq: number) =>
    act(() =>
      fake.socket.receive("gift.sent", {
        livestream_id: LIVESTREAM_ID,
        gift: { ...gift, id: `gift-${seq}` },
        message: sampleLine(seq, { kind: "gift", content: "", gift }),
        top_senders: [],
        gift_goal: { ...goal, reached_minor: reached },
        at: AT,
      }),
    );
  await give(1_000, 1);
  expect(bar().getAttribute("aria-valuenow")).toBe("1000");
  await give(2_100, 3);
  await give(1_500, 2);
  expect(bar().getAttribute("aria-valuetext")).toBe("$21.00 of $20.00");
  expect(screen.getByText(/Reached\. Thank you!/)).toBeTruthy();
});

test("only who keeps order gets the menu of a message", async () => {
  const { socket } = watch({ messages: [sampleLine(1)] });
  await within(await screen.findByRole("log")).findByText("text 1");
  expect(screen.queryByRole("button", { name: /Keep order/ })).toBeNull();
  await act(() =>
    socket.receive("livestream.moderator_set", {
      livestream_id: LIVESTREAM_ID,
      reader_id: "reader-1",
      user_id: CLIENT_ID,
      on: true,
      at: AT,
    }),
  );
  fireEvent.click(screen.getByRole("button", { name: "Keep order: message of Bo" }));
  fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "10 minutes" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(socket.sent.at(-1)).toMatchObject({
    name: "livestream.sanction",
    payload: { user_id: "viewer-2", kind: "muted", seconds: 600 },
  });
});

test("the end is a summary that keeps who gave", async () => {
  const fake = watch();
  const { socket } = fake;
  await inside(fake);
  const livestream = sampleLivestream({
    version: 9,
    status: "ended",
    end_reason: "publisher_lost",
    ended_at: AT,
    media_id: null,
  });
  await act(() => socket.receive("livestream.ended", { livestream_id: LIVESTREAM_ID, version: 9, livestream, at: AT }));
  await screen.findByText("This livestream is over");
  expect(screen.getByText("The reader's connection did not come back.")).toBeTruthy();
});

test("the list says what there is, and moves a livestream where it belongs as it begins and ends", async () => {
  const coming = sampleLivestream({
    id: "b",
    title: "Later",
    status: "scheduled",
    scheduled_at: "2026-01-02T18:00:00Z",
    version: 1,
  });
  const { socket } = show("/live", { lists: { scheduled: [coming] } });
  await screen.findByText("Nobody is live right now");
  const comingUp = screen.getByRole("region", { name: "Coming up" });
  expect(await within(comingUp).findByRole("link", { name: /Later/ })).toBeTruthy();
  const begun = { ...coming, status: "live" as const, version: 2, viewer_count: 4 };
  await act(() => socket.receive("livestream.started", { livestream_id: "b", version: 2, livestream: begun, at: AT }));
  const liveNow = screen.getByRole("region", { name: "Live now" });
  expect(within(liveNow).getByRole("link", { name: /Later/ }).textContent).toContain("4 watching");
  expect(within(comingUp).queryByRole("link")).toBeNull();
  const ended = { ...begun, status: "ended" as const, version: 3 };
  await act(() => socket.receive("livestream.ended", { livestream_id: "b", version: 3, livestream: ended, at: AT }));
  expect(screen.getByText("Nobody is live right now")).toBeTruthy();
});
