import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { LocationProvider, Route, Router } from "preact-iso";
import { afterEach, describe, expect, test } from "vitest";
import AdminGiftKindsPage from "../../src/pages/admin_gift_kinds";
import AdminLivestreamsPage from "../../src/pages/admin_livestreams";
import type { AdminGiftKind } from "../../src/protocol";
import { ServicesContext } from "../../src/services";
import { sampleLivestream } from "../support/fake_publishing";
import { fakeServices, type HttpCall, sampleUser } from "../support/fake_services";
import { press } from "../support/studio_page";

afterEach(() => cleanup());

async function open(path: string, answer: (call: HttpCall) => unknown) {
  const fake = fakeServices(answer, { ...sampleUser, role: "admin" });
  history.replaceState(null, "", path);
  render(
    <ServicesContext.Provider value={fake.services}>
      <LocationProvider>
        <Router>
          <Route path="/admin/livestreams" component={AdminLivestreamsPage} />
          <Route path="/admin/gift-kinds" component={AdminGiftKindsPage} />
          <Route default component={() => <p>another page</p>} />
        </Router>
      </LocationProvider>
    </ServicesContext.Provider>,
  );
  await act(async () => undefined);
  const changes = () =>
    fake.calls.filter(({ method }) => method !== "GET").map(({ method, path, body }) => [method, path, body]);
  return { ...fake, changes };
}

describe("livestreams in the back office", () => {
  const LIVE = sampleLivestream({ viewer_count: 7, peak: 9 });

  test("one is ended with a reason, and the list stays where it is", async () => {
    const ended = sampleLivestream({ ...LIVE, status: "ended", end_reason: "ended_by_admin", version: 5 });
    const { changes } = await open("/admin/livestreams", ({ method, path }) => {
      if (method === "POST" && path.endsWith("/end")) return { ...ended, ended_at: "2026-01-01T10:05:00Z" };
      return path.startsWith("/admin/livestreams?status=live") ? { items: [LIVE], next_cursor: null } : undefined;
    });
    await screen.findByText(/live for 0:35 · 7 watching · 9 at once/);
    await press("End");
    const dialog = within(screen.getByRole("dialog"));
    expect((dialog.getByRole("button", { name: "End" }) as HTMLButtonElement).disabled).toBe(true);
    fireEvent.input(dialog.getByLabelText(/Reason/), { target: { value: "Against the rules" } });
    fireEvent.click(dialog.getByRole("button", { name: "End" }));
    await screen.findByText(/ended by the team/);
    expect(changes()).toEqual([["POST", "/admin/livestreams/livestream-1/end", { reason: "Against the rules" }]]);
    expect(screen.queryByRole("button", { name: "End" })).toBeNull();
  });

  test("what changes is shown as it changes", async () => {
    const { socket } = await open("/admin/livestreams", () => ({ items: [LIVE], next_cursor: null }));
    await screen.findByText(/7 watching/);
    const lost = sampleLivestream({ ...LIVE, is_paused: true, pause_reason: "connection", version: 3 });
    const told = { livestream_id: LIVE.id, version: 3, at: "2026-01-01T10:00:36Z" };
    await act(async () => socket.receive("livestream.paused", { ...told, livestream: lost }));
    expect(screen.getByText(/connection lost/)).toBeTruthy();
  });
});

describe("the catalogue of gifts", () => {
  const kind = (name: string, change: Partial<AdminGiftKind> = {}): AdminGiftKind => ({
    id: `kind-${name}`,
    name,
    description: "",
    price_minor: 499,
    currency: "USD",
    image_url: "/gifts/rose.svg",
    animation_url: null,
    sort_order: 1_000,
    is_active: true,
    created_at: "2026-01-01T10:00:00Z",
    updated_at: "2026-01-01T10:00:00Z",
    ...change,
  });
  const KINDS = [kind("Feather"), kind("Rose"), kind("Star")];
  const answer = ({ method, path, body }: HttpCall) => {
    if (method === "GET" && path === "/admin/gift-kinds") return { items: KINDS, next_cursor: null };
    const before = KINDS.find(({ id }) => path.endsWith(id));
    if (method === "PATCH" && before !== undefined) return { ...before, ...(body as object) };
    if (path === "/uploads") return { id: "upload-1", url: "/uploads/upload-1" };
    return method === "POST" ? kind("Moon", body as object) : undefined;
  };
  const names = () => screen.getAllByRole("listitem").map((item) => item.textContent?.split(" ·")[0]);

  test("is put in another order, by which all of them are numbered from then on", async () => {
    const { changes } = await open("/admin/gift-kinds", answer);
    await press("Move Star up");
    await waitFor(() => expect(names()).toEqual(["Feather", "Star", "Rose"]));
    expect(changes()).toEqual([
      ["PATCH", "/admin/gift-kinds/kind-Feather", { sort_order: 10 }],
      ["PATCH", "/admin/gift-kinds/kind-Star", { sort_order: 20 }],
      ["PATCH", "/admin/gift-kinds/kind-Rose", { sort_order: 30 }],
    ]);
  });

  test("loses one, which can be brought back", async () => {
    await open("/admin/gift-kinds", answer);
    const rose = within((await screen.findAllByRole("listitem"))[1] as HTMLElement);
    fireEvent.click(rose.getByRole("button", { name: "Retire" }));
    await rose.findByText("Retired");
    fireEvent.click(rose.getByRole("button", { name: "Bring back" }));
    await waitFor(() => expect(rose.queryByText("Retired")).toBeNull());
  });

  test("gets another one, with a picture and a price", async () => {
    const { changes } = await open("/admin/gift-kinds", answer);
    await press("Add a gift");
    const dialog = within(screen.getByRole("dialog"));
    fireEvent.input(dialog.getByLabelText("Name"), { target: { value: "Moon" } });
    fireEvent.input(dialog.getByLabelText("Price in USD"), { target: { value: "a lot" } });
    await press("Save");
    expect(dialog.getByText("Write an amount such as 50.00.")).toBeTruthy();
    expect(dialog.getByText("Choose a picture.")).toBeTruthy();
    fireEvent.input(dialog.getByLabelText("Price in USD"), { target: { value: "7.50" } });
    const file = new File(["x"], "moon.png", { type: "image/png" });
    fireEvent.change(dialog.getByLabelText("Picture"), { target: { files: [file] } });
    await dialog.findByRole("img");
    await press("Save");
    await waitFor(() => expect(names()).toContain("Moon"));
    expect(changes().at(-1)).toEqual([
      "POST",
      "/admin/gift-kinds",
      { name: "Moon", description: "", price_minor: 750, image_upload_id: "upload-1", sort_order: 1_010 },
    ]);
  });
});
