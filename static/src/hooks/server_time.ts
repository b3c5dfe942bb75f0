/** The server's time, rendered anew a few times a second while somebody looks at a clock. */
import { useEffect, useState } from "preact/hooks";
import { useServices } from "../services";

const EVERY_MS = 250;

export function useServerNow(isRunning = true): number {
  const { serverClock } = useServices();
  const [now, setNow] = useState(serverClock.nowMs());
  useEffect(() => {
    setNow(serverClock.nowMs());
    if (!isRunning) return;
    const timer = setInterval(() => setNow(serverClock.nowMs()), EVERY_MS);
    return () => clearInterval(timer);
  }, [isRunning, serverClock]);
  return now;
}
