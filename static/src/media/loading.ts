/** The engine of calls as the pages get it: loaded when a call is near, once for each page. */
import type { Call, CallEnvironment, Devices } from "./types";

export interface Media {
  devices: Devices;
  openCall: (environment: CallEnvironment) => Call;
}

export type LoadMedia = () => Promise<Media>;
