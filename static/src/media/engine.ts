/** The engine put together: this page's devices, and how a call is opened on them. A chunk of its own. */
import { openCall } from "./call";
import { openDevices } from "./devices";
import type { Media } from "./loading";

export function startEngine(): Media {
  return {
    devices: openDevices({ browser: window, storage: window.localStorage }),
    openCall: (environment) => openCall(environment),
  };
}
