/** A video element that shows a stream or a single track. */
import { useEffect, useMemo, useRef } from "preact/hooks";

export function useStreamOf(track: MediaStreamTrack | null): MediaStream | null {
  return useMemo(() => (track === null ? null : new MediaStream([track])), [track]);
}

/** Give the answer to a `<video>` as its ref. */
export function useShownStream(stream: MediaStream | null) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video === null || video.srcObject === stream) return;
    video.srcObject = stream;
  });
  return element;
}
