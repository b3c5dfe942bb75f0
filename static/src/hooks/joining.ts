/** The way into a call: at once where this tab was in it, or its owner wants no check; through the check otherwise. */
import { useEffect, useRef, useState } from "preact/hooks";
import { findPermission } from "../media/permission";
import type { Devices } from "../media/types";
import { useServices } from "../services";
import type { JoiningChoice } from "../stores/call_memory";

export type JoiningStep =
  /** The engine is being loaded, or the browser is asked what it allows. */
  | "loading"
  /** The browser will ask; this is said before. */
  | "explaining"
  | "opening"
  | "checking"
  | "failed";

export interface Joining {
  step: JoiningStep;
  devices: Devices | null;
  choice: JoiningChoice;
  change: (part: Partial<JoiningChoice>) => void;
  /** Opens what is chosen; the browser may ask. Also the way to try again. */
  open: () => Promise<void>;
  join: () => void;
  /** Without a microphone: hear and see, and write. */
  listen: () => void;
}

export function useJoining(consultationId: string, mode: "call" | "video", isImmediate: boolean): Joining {
  const { ownCall } = useServices();
  const [step, setStep] = useState<JoiningStep>("loading");
  const [choice, setChoice] = useState<JoiningChoice>(() => ownCall.memory.readChoice());
  const devices = ownCall.media.value?.devices ?? null;
  const isMounted = useRef(true);
  const openAs = async (wanted: JoiningChoice) => {
    setStep("opening");
    const media = await ownCall.prepare();
    await media.devices.open({ camera: mode === "video" && wanted.camera, microphone: true });
    if (isMounted.current) setStep("checking");
    return media.devices;
  };
  const joinAs = (wanted: JoiningChoice) => {
    const isListening = ownCall.media.peek()?.devices.microphone.peek() === null;
    ownCall.join(consultationId, wanted, isListening);
  };
  const begin = async () => {
    const before = ownCall.memory.readJoined(consultationId);
    const wanted = before === null ? choice : { ...choice, ...before };
    const media = await ownCall.prepare();
    // Opened while it rang.
    if (before === null && media.devices.microphone.peek() !== null && !isImmediate) return setStep("checking");
    const permission = await findPermission(mode === "video" ? ["microphone", "camera"] : ["microphone"]);
    if (!isMounted.current) return;
    const isAtOnce = before !== null || ((choice.skipCheck || isImmediate) && permission === "granted");
    if (!isAtOnce && permission === "unasked") return setStep("explaining");
    const opened = await openAs(wanted);
    const canJoin = opened.microphone.peek() !== null || (before !== null && !wanted.microphone);
    if (isMounted.current && isAtOnce && canJoin) joinAs(wanted);
  };
  const fail = () => {
    if (isMounted.current) setStep("failed");
  };
  useEffect(() => {
    isMounted.current = true;
    void begin().catch(fail);
    return () => {
      isMounted.current = false;
    };
  }, [consultationId, mode]);
  return {
    step,
    devices,
    choice,
    change: (part) => setChoice({ ...choice, ...part }),
    open: () => openAs(choice).then(() => undefined, fail),
    join: () => {
      ownCall.memory.keepChoice(choice);
      joinAs(choice);
    },
    listen: () => joinAs({ ...choice, microphone: false }),
  };
}
