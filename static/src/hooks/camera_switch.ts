/** Switches one's own camera in a call, and says why when it does not come on. */

import type { Call } from "../media/types";
import { useServices } from "../services";
import { texts } from "../texts";

export function useCameraSwitch(call: Call): () => Promise<void> {
  const { ownCall, notices } = useServices();
  return async () => {
    const isOn = !call.isCameraOn.peek();
    await ownCall.setCamera(isOn);
    const problem = ownCall.media.peek()?.devices.cameraProblem.peek() ?? null;
    if (!isOn || call.isCameraOn.peek() || problem === null) return;
    const { what, todo } = texts.calls.deviceProblems.camera[problem];
    notices.say(`${what} ${todo}`);
  };
}
