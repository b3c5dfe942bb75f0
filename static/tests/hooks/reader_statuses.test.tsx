/** A status that changes while a page opens is told to nobody who does not watch yet: the page must not keep the old one. */
import { act, renderHook } from "@testing-library/preact";
import type { ComponentChildren } from "preact";
import { expect, test } from "vitest";
import { useReaderStatuses } from "../../src/hooks/reader_statuses";
import { ServicesContext } from "../../src/services";
import { fakeServices } from "../support/fake_services";

const READER = "reader-1";

async function watch(reload: (tell: (status: "online" | "busy") => void) => Promise<void>) {
  const { services, socket } = fakeServices(() => undefined);
  const order: string[] = [];
  const tell = (status: "online" | "busy") =>
    socket.receive("reader.status_changed", {
      reader_id: READER,
      status,
      waiting_count: 0,
      at: "2026-01-01T10:00:00Z",
    });
  let connect: () => void = () => undefined;
  services.live.onConnect = (listener) => {
    connect = listener;
    return () => undefined;
  };
  socket.answers["readers.watch"] = () => {
    order.push("watched");
    return { on: true };
  };
  const load = async () => {
    order.push("loaded");
    await reload(tell);
  };
  const wrapper = (props: { children: ComponentChildren }) => (
    <ServicesContext.Provider value={services}>{props.children}</ServicesContext.Provider>
  );
  const { result } = renderHook(() => useReaderStatuses(load), { wrapper });
  const connectAndSettle = () =>
    act(async () => {
      connect();
      await new Promise((resolve) => setTimeout(resolve));
    });
  return { result, order, tell, connect: connectAndSettle };
}

test("asks once more as soon as the watch holds, also at the first connection", async () => {
  const { order, connect } = await watch(async () => undefined);
  await connect();
  expect(order).toEqual(["watched", "loaded"]);
});

test("what was told before is replaced by the answer, what is told meanwhile is not", async () => {
  let isTelling = false;
  const { result, tell, connect } = await watch(async (tell) => {
    if (isTelling) tell("busy");
  });
  await act(async () => tell("online"));
  await connect();
  expect(result.current).toEqual({});
  isTelling = true;
  await connect();
  expect(result.current).toEqual({ [READER]: { status: "busy", waiting_count: 0 } });
});
