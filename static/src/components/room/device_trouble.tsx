/** A microphone or camera that fails in the middle of a call: what happened, and what to do about it. */
import { useRef } from "preact/hooks";
import type { Devices } from "../../media/types";
import { texts } from "../../texts";
import { Button } from "../button";

export function DeviceTrouble(props: { devices: Devices; mode: "call" | "video"; onDevices: () => void }) {
  const { devices, mode } = props;
  const microphone = devices.microphoneProblem.value;
  const camera = mode === "video" ? devices.cameraProblem.value : null;
  // With what was missing from the start somebody joined knowingly.
  const known = useRef({ microphone, camera });
  const isMicrophoneNew = microphone !== null && microphone !== known.current.microphone;
  const isCameraLost = camera === "device_lost" && camera !== known.current.camera;
  if (!isMicrophoneNew && !isCameraLost) return null;
  const words = isMicrophoneNew
    ? texts.calls.deviceProblems.microphone[microphone]
    : texts.calls.deviceProblems.camera.device_lost;
  const retry = () => devices.open({ camera: isCameraLost, microphone: isMicrophoneNew });
  return (
    <div class="room-bar room-bar--danger">
      <span role="alert">
        <strong>{words.what}</strong> {words.todo}
      </span>
      <span class="row">
        <Button onPress={retry}>{texts.calls.tryAgain}</Button>
        <Button onPress={props.onDevices}>{texts.calls.devices}</Button>
      </span>
    </div>
  );
}
