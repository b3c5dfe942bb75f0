/**
 * A video element that shows what is live. Browsers forbid sound until the visitor has touched the page: then it starts
 * without, and says so.
 */
import { useEffect, useRef, useState } from "preact/hooks";

export function useLiveVideo(stream: MediaStream | null) {
  const element = useRef<HTMLVideoElement>(null);
  const [isMuted, setMuted] = useState(false);
  /** The browser, not the visitor, silenced it. */
  const [isSilenced, setSilenced] = useState(false);
  /** Not even without sound. */
  const [isBlocked, setBlocked] = useState(false);
  const [hasPicture, setPicture] = useState(false);
  const wish = useRef({ isMuted: false });

  const play = async () => {
    const video = element.current;
    if (video === null || video.srcObject === null) return;
    video.muted = wish.current.isMuted;
    try {
      await video.play();
      setSilenced(false);
      setBlocked(false);
    } catch (error) {
      if (!isForbidden(error)) return;
      if (video.muted) return setBlocked(true);
      video.muted = true;
      await video.play().then(
        () => setSilenced(true),
        (again) => isForbidden(again) && setBlocked(true),
      );
    } finally {
      setMuted(video.muted);
    }
  };

  useEffect(() => {
    const video = element.current;
    if (video === null || video.srcObject === stream) return;
    video.srcObject = stream;
    if (stream === null) setPicture(false);
    else void play();
  }, [stream]);

  useEffect(() => {
    const video = element.current;
    if (video === null) return undefined;
    const look = () => setPicture(video.videoWidth > 0 && video.srcObject !== null);
    for (const name of ["loadeddata", "playing", "resize", "emptied"]) video.addEventListener(name, look);
    return () => {
      for (const name of ["loadeddata", "playing", "resize", "emptied"]) video.removeEventListener(name, look);
    };
  }, []);

  const setSound = (isOn: boolean) => {
    wish.current.isMuted = !isOn;
    // From a press, so that the browser lets it sound.
    void play();
  };
  return { element, isMuted, isSilenced, isBlocked, hasPicture, setSound };
}

/** A stream that is replaced while it starts ends the attempt too, and is no reason to ask for a press. */
function isForbidden(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}
