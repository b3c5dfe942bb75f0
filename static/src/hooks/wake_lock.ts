/** Keeps the screen from going dark while two people talk, where the browser can. */
import { useEffect } from "preact/hooks";

export function useWakeLock(isWanted: boolean): void {
  useEffect(() => {
    const { wakeLock } = navigator as Navigator & { wakeLock?: WakeLock };
    if (!isWanted || wakeLock === undefined) return;
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async () => {
      if (document.visibilityState !== "visible") return;
      // Refused on an empty battery, which is its owner's choice.
      const taken = await wakeLock.request("screen").catch(() => null);
      if (isOver) void taken?.release();
      else lock = taken;
    };
    // The browser lets go of it whenever the page is hidden.
    document.addEventListener("visibilitychange", take);
    void take();
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, [isWanted]);
}
