/** One part of the page over the whole screen. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface FullScreen {
  isSupported: boolean;
  isOn: boolean;
  toggle: () => Promise<void>;
}

export function useFullScreen(element: RefObject<HTMLElement>): FullScreen {
  const [isOn, setOn] = useState(false);
  useEffect(() => {
    const look = () => setOn(document.fullscreenElement !== null && document.fullscreenElement === element.current);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = async () => {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await element.current?.requestFullscreen();
    } catch {
      // The browser does not let this page; nothing is lost.
    }
  };
  return { isSupported: document.fullscreenEnabled === true, isOn, toggle };
}
