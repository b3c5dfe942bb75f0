/** Whoever is about to enter a room must not wait for its page and the media engine: both are loaded while it rings. */
import { useEffect } from "preact/hooks";
import type { Consultation } from "../protocol";
import { useServices } from "../services";

export function useRoomAhead(request: Consultation): void {
  const { ownCall } = useServices();
  useEffect(() => {
    // What cannot be loaded now is loaded, or complained of, when it is needed.
    void import("../pages/room").catch(() => undefined);
    if (request.type !== "chat") void ownCall.prepare().catch(() => undefined);
  }, [request.id]);
}
