/** A list of livestreams as they begin, change and end: by events when logged in, by asking again now and then otherwise. */
import { useEffect, useState } from "preact/hooks";
import { LIVESTREAM_STATE_EVENTS, type Livestream } from "../livestreams/protocol";
import { useServices } from "../services";

const ASK_EVERY_MS = 30_000;
/** Several parts of a page may watch; the server is told when the first comes and the last goes. */
let watching = 0;

/** Calls back with each livestream that began, changed or ended. */
export function useLivestreamEvents(hear: (livestream: Livestream) => void, reload: () => Promise<void>): void {
  const { live, login } = useServices();
  const isAnonymous = login.state.value.kind === "anonymous";
  useEffect(() => {
    watching += 1;
    const stops = LIVESTREAM_STATE_EVENTS.map((name) => live.on(name, ({ livestream }) => hear(livestream)));
    const catchUp = async () => {
      await live.send("livestreams.watch", { on: true });
      // What changed before the watch held is told to nobody, so it is asked for.
      await reload();
    };
    stops.push(live.onConnect(() => void catchUp().catch(() => undefined)));
    return () => {
      watching -= 1;
      for (const stop of stops) stop();
      if (watching === 0) live.hint("livestreams.watch", { on: false });
    };
  }, [live, hear, reload]);

  useEffect(() => {
    // Viewer counts are told to nobody here, so that who is logged in asks too.
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void reload();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isAnonymous, reload]);
}

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
