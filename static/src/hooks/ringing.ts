/** Makes what must be answered hard to miss: the bell, and the browser tab's title, until it is answered. */
import { useEffect } from "preact/hooks";
import type { Bell } from "../live/bell";

const FLASH_MS = 1_000;
const SOUND_OFF = "soulseer.sound_off";

export function isSoundOn(storage: Storage): boolean {
  return storage.getItem(SOUND_OFF) === null;
}

export function setSoundOn(storage: Storage, isOn: boolean): void {
  if (isOn) storage.removeItem(SOUND_OFF);
  else storage.setItem(SOUND_OFF, "1");
}

export interface Ring {
  id: string;
  /** What the tab's title alternates with. */
  flash: string;
}

export function useRinging(ring: Ring | null, bell: Bell, storage: Storage): void {
  const id = ring?.id;
  const flash = ring?.flash ?? "";
  useEffect(() => {
    if (id === undefined) return;
    if (isSoundOn(storage)) bell.start();
    const ownTitle = document.title;
    document.title = flash;
    const timer = setInterval(() => {
      document.title = document.title === flash ? ownTitle : flash;
    }, FLASH_MS);
    return () => {
      clearInterval(timer);
      bell.stop();
      document.title = ownTitle;
    };
  }, [id, flash, bell, storage]);
}
