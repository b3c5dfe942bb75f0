/** Readers' statuses as they change: by events when logged in, by asking again now and then otherwise. */
import { useEffect, useState } from "preact/hooks";
import type { ReaderCard } from "../protocol";
import { useServices } from "../services";

/** What changes of a reader while somebody looks. */
export type LiveReader = Pick<ReaderCard, "status" | "waiting_count">;
export type ReaderStatuses = Readonly<Record<string, LiveReader>>;

const ASK_EVERY_MS = 30_000;

export function useReaderStatuses(reload: () => Promise<void>): ReaderStatuses {
  const { live, login } = useServices();
  const [statuses, setStatuses] = useState<ReaderStatuses>({});
  const isAnonymous = login.state.value.kind === "anonymous";

  useEffect(() => {
    const stopHearing = live.on("reader.status_changed", ({ reader_id, status, waiting_count }) =>
      setStatuses((known) => ({ ...known, [reader_id]: { status, waiting_count } })),
    );
    let isFirst = true;
    const stopWatching = live.onConnect(() => {
      live.send("readers.watch", { on: true }).catch(() => undefined);
      // What changed while the connection was away is not told again.
      if (!isFirst) void reload().then(() => setStatuses({}));
      isFirst = false;
    });
    return () => {
      stopHearing();
      stopWatching();
      live.hint("readers.watch", { on: false });
    };
  }, [live, reload]);

  useEffect(() => {
    if (!isAnonymous) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void reload();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isAnonymous, reload]);

  return statuses;
}
