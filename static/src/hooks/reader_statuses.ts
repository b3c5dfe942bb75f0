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
    let told: ReaderStatuses = {};
    const tell = (statuses: ReaderStatuses) => {
      told = statuses;
      setStatuses(statuses);
    };
    const stopHearing = live.on("reader.status_changed", ({ reader_id, status, waiting_count }) =>
      tell({ ...told, [reader_id]: { status, waiting_count } }),
    );
    const catchUp = async () => {
      await live.send("readers.watch", { on: true });
      // What changed before the watch held is told to nobody, so it is asked for; what is told meanwhile is newer still.
      const before = told;
      await reload();
      tell(Object.fromEntries(Object.entries(told).filter(([id, status]) => status !== before[id])));
    };
    const stopWatching = live.onConnect(() => void catchUp().catch(() => undefined));
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
