/** Makes a ringing request hard to miss: the bell, and the browser tab's title, until it is answered. */
import { useEffect } from "preact/hooks";
import type { Bell } from "../live/bell";
import type { Consultation } from "../protocol";
import { texts } from "../texts";

const FLASH_MS = 1_000;
const SOUND_OFF = "soulseer.sound_off";

export function isSoundOn(storage: Storage): boolean {
  return storage.getItem(SOUND_OFF) === null;
}

export function setSoundOn(storage: Storage, isOn: boolean): void {
  if (isOn) storage.removeItem(SOUND_OFF);
  else storage.setItem(SOUND_OFF, "1");
}

export function useRinging(request: Consultation | null, bell: Bell, storage: Storage): void {
  const id = request?.id;
  const name = request?.client.display_name ?? "";
  useEffect(() => {
    if (id === undefined) return;
    if (isSoundOn(storage)) bell.start();
    const ownTitle = document.title;
    const flash = texts.desk.titleFlash(name);
    document.title = flash;
    const timer = setInterval(() => {
      document.title = document.title === flash ? ownTitle : flash;
    }, FLASH_MS);
    return () => {
      clearInterval(timer);
      bell.stop();
      document.title = ownTitle;
    };
  }, [id, name, bell, storage]);
}
