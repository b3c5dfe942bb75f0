/** The publisher's controls in one row, in reach of a thumb. */
import { Mic, MicOff, MonitorOff, MonitorUp, Settings2, Square, Video, VideoOff } from "lucide-preact";
import { useState } from "preact/hooks";
import { useShortcuts } from "../../hooks/shortcuts";
import type { Publisher } from "../../livestreams/publishing";
import type { Devices } from "../../media/types";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Control } from "../room/controls";
import { DeviceTrouble } from "../room/device_trouble";
import { DevicesDialog } from "../room/devices_dialog";

export function LiveControls(props: { publisher: Publisher; onEnd: () => void }) {
  const { ownCall, ownLivestream, notices } = useServices();
  const [isChoosing, setChoosing] = useState(false);
  const { outgoing } = props.publisher;
  const devices = ownCall.media.value?.devices ?? null;
  const isHeard = outgoing.isMicrophoneOn.value;
  const isSeen = outgoing.isCameraOn.value;
  const isSharing = outgoing.isSharingScreen.value;
  const toggleMicrophone = () => ownLivestream.setMicrophone(!outgoing.isMicrophoneOn.peek());
  const toggleCamera = async () => {
    const isOn = !outgoing.isCameraOn.peek();
    await ownLivestream.setCamera(isOn);
    const problem = devices?.cameraProblem.peek() ?? null;
    if (!isOn || outgoing.isCameraOn.peek() || problem === null) return;
    const { what, todo } = texts.calls.deviceProblems.camera[problem];
    notices.say(`${what} ${todo}`);
  };
  useShortcuts({ m: toggleMicrophone, v: () => void toggleCamera() }, ownCall.memory.areShortcutsOn());
  return (
    <>
      {devices !== null && <DeviceTrouble devices={devices} mode="video" onDevices={() => setChoosing(true)} />}
      <section class="controls studio-controls" aria-label={texts.studio.controls}>
        <Control
          label={isHeard ? texts.studio.mute : texts.studio.unmute}
          look={isHeard ? "plain" : "off"}
          shortcut="m"
          onPress={toggleMicrophone}
        >
          {isHeard ? <Mic size={22} aria-hidden="true" /> : <MicOff size={22} aria-hidden="true" />}
        </Control>
        <Control
          label={isSeen ? texts.studio.stopVideo : texts.studio.startVideo}
          look={isSeen ? "plain" : "off"}
          shortcut="v"
          onPress={toggleCamera}
        >
          {isSeen ? <Video size={22} aria-hidden="true" /> : <VideoOff size={22} aria-hidden="true" />}
        </Control>
        {props.publisher.canShareScreen && (
          <Control
            label={isSharing ? texts.studio.stopSharing : texts.studio.share}
            look={isSharing ? "on" : "plain"}
            onPress={() => outgoing.shareScreen(!isSharing)}
          >
            {isSharing ? <MonitorOff size={22} aria-hidden="true" /> : <MonitorUp size={22} aria-hidden="true" />}
          </Control>
        )}
        <Control label={texts.studio.devicesControl} hasDialog onPress={() => setChoosing(true)}>
          <Settings2 size={22} aria-hidden="true" />
        </Control>
        <Control label={texts.studio.end} look="end" hasDialog onPress={props.onEnd}>
          <Square size={20} aria-hidden="true" />
        </Control>
        <ChosenDevices isOpen={isChoosing} devices={devices} onClose={() => setChoosing(false)} />
      </section>
    </>
  );
}

function ChosenDevices(props: { isOpen: boolean; devices: Devices | null; onClose: () => void }) {
  if (!props.isOpen || props.devices === null) return null;
  return <DevicesDialog devices={props.devices} mode="video" onClose={props.onClose} />;
}
