/** Other devices in the middle of a call; what is chosen is used at once. */
import type { Devices } from "../../media/types";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { DevicePickers } from "./device_pickers";
import { LevelMeter } from "./level_meter";

export function DevicesDialog(props: { devices: Devices; mode: "call" | "video"; onClose: () => void }) {
  return (
    <Dialog title={texts.calls.devicesTitle} onClose={props.onClose}>
      <div class="stack">
        <LevelMeter devices={props.devices} />
        <DevicePickers devices={props.devices} hasCamera={props.mode === "video"} />
        <div>
          <Button onPress={props.onClose}>{texts.calls.done}</Button>
        </div>
      </div>
    </Dialog>
  );
}
