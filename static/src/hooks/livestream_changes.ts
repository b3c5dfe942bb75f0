/** A list of livestreams as they begin, change and end: by events when logged in, by asking again now and then otherwise. */
import { useEffect, useState } from "preact/hooks";
import { LIVESTREAM_STATE_EVENTS, type Livestream } from "../livestreams/protocol";
import { useServices } from "../services";

const ASK_EVERY_MS = 30_000;
/** Several parts of a page may watch; the server is told when the first comes and the last goes. */
let watching = 0;

/** Calls back with each livestream that began, changed or ended, and once whenever the watch holds anew. */
function useLivestreamEvents(hear: (livestream: Livestream) => void, onWatching: () => Promise<void>): void {
  const { live } = useServices();
  useEffect(() => {
    watching += 1;
    const stops = LIVESTREAM_STATE_EVENTS.map((name) => live.on(name, ({ livestream }) => hear(livestream)));
    const watch = async () => {
      await live.send("livestreams.watch", { on: true });
      await onWatching();
    };
    stops.push(live.onConnect(() => void watch().catch(() => undefined)));
    return () => {
      watching -= 1;
      for (const stop of stops) stop();
      if (watching === 0) live.hint("livestreams.watch", { on: false });
    };
  }, [live, hear, onWatching]);
}

/** Which livestream a reader has, as far as that was told since this page was opened; null: none any more. */
export function useLiveReaders(): ReadonlyMap<string, string | null> {
  const [told, setTold] = useState<ReadonlyMap<string, string | null>>(new Map());
  const [hear] = useState(() => ({ id, reader, status }: Livestream) => {
    // One that is put off or given up before it began says nothing of another that goes on.
    if (status === "live") setTold((known) => new Map(known).set(reader.id, id));
    if (status === "ended") setTold((known) => new Map(known).set(reader.id, null));
  });
  useLivestreamEvents(hear, nothingToAsk);
  return told;
}

/** What was told is newer than what was listed. */
export function withLivestream<Reader extends { id: string; livestream_id: string | null }>(
  reader: Reader,
  told: ReadonlyMap<string, string | null>,
): Reader {
  const livestreamId = told.get(reader.id);
  return livestreamId === undefined ? reader : { ...reader, livestream_id: livestreamId };
}

const nothingToAsk = () => Promise.resolve();

/** A list of one status. What changed before the watch held is told to nobody, so the list is asked for again. */
export function useLivestreamChanges(
  listed: Livestream[] | null,
  status: Livestream["status"],
  reload: () => Promise<void>,
): Livestream[] | null {
  const [told, setTold] = useState<ReadonlyMap<string, Livestream>>(new Map());
  const [hear] = useState(() => (livestream: Livestream) => {
    setTold((known) => {
      const before = known.get(livestream.id);
      if (before !== undefined && before.version > livestream.version) return known;
      return new Map(known).set(livestream.id, livestream);
    });
  });
  useLivestreamEvents(hear, reload);
  useEffect(() => {
    // Viewer counts are told to nobody here, so that who is logged in asks too.
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void reload();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [reload]);
  if (listed === null) return null;
  const known = new Map(listed.map((livestream) => [livestream.id, livestream]));
  for (const livestream of told.values()) {
    const before = known.get(livestream.id);
    // Of an ended one only the list knows whether it can be watched again.
    if (before === undefined && status === "ended") continue;
    if (before === undefined || livestream.version > before.version) known.set(livestream.id, livestream);
  }
  return [...known.values()].filter((livestream) => livestream.status === status);
}
