/** Camera and microphone of whoever prepares a livestream: opened as the page opens, closed when it is left unused. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Devices } from "../media/types";
import { useServices } from "../services";
import type { OpenDevices } from "../stores/call_memory";

export interface StudioDevices {
  devices: Devices | null;
  isOpening: boolean;
  /** False: they wait for a press. */
  isWanted: boolean;
  hasFailed: boolean;
  choice: OpenDevices;
  setMicrophone: (isOn: boolean) => void;
  setCamera: (isOn: boolean) => Promise<void>;
  open: () => Promise<void>;
}

/** Not at once: whoever has just ended one sees themselves again when they want to. */
export function useStudioDevices(opensAtOnce: boolean): StudioDevices {
  const { ownCall, ownLivestream, mediaSupport } = useServices();
  const [choice, setChoice] = useState<OpenDevices>({ camera: true, microphone: true });
  const [isOpening, setOpening] = useState(opensAtOnce);
  const [isWanted, setWanted] = useState(opensAtOnce);
  const [hasFailed, setFailed] = useState(false);
  const isMounted = useRef(true);
  const devices = ownCall.media.value?.devices ?? null;
  const openAs = async (wanted: OpenDevices) => {
    setOpening(true);
    setWanted(true);
    setFailed(false);
    try {
      const media = await ownCall.prepare();
      if (isMounted.current) await media.devices.open({ camera: wanted.camera, microphone: true });
      // Left while the browser asked.
      if (!isMounted.current && ownLivestream.publisher.peek() === null) media.devices.close();
    } catch {
      if (isMounted.current) setFailed(true);
    } finally {
      if (isMounted.current) setOpening(false);
    }
  };
  useEffect(() => {
    isMounted.current = true;
    if (mediaSupport === "ok" && opensAtOnce) void openAs(choice);
    return () => {
      isMounted.current = false;
      if (ownLivestream.publisher.peek() === null) ownCall.media.peek()?.devices.close();
    };
  }, []);
  return {
    devices,
    isOpening,
    isWanted,
    hasFailed,
    choice,
    setMicrophone: (microphone) => setChoice({ ...choice, microphone }),
    setCamera: async (camera) => {
      setChoice({ ...choice, camera });
      if (camera) await openAs({ ...choice, camera });
      else devices?.closeCamera();
    },
    open: () => openAs(choice),
  };
}
