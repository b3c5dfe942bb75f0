/** The call's controls in one row, in reach of a thumb; on a phone the rarer ones are under "More". */
import {
  Ellipsis,
  MessageCircle,
  Mic,
  MicOff,
  MonitorOff,
  MonitorUp,
  PhoneOff,
  PictureInPicture2,
  Settings2,
  Video,
  VideoOff,
} from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useCameraSwitch } from "../../hooks/camera_switch";
import type { PictureInPicture } from "../../hooks/picture_in_picture";
import { useServices } from "../../services";
import { texts } from "../../texts";
import type { CallPart } from "./stage";

export interface ChatControl {
  isOpen: boolean;
  unread: number;
  onPress: () => void;
}

export interface ControlsProps extends CallPart {
  pictureInPicture: PictureInPicture;
  chat: ChatControl;
  onDevices: () => void;
  onMore: () => void;
  onEnd: () => void;
}

export function CallControls(props: ControlsProps) {
  return (
    <section class="controls" aria-label={texts.calls.controls}>
      <MicrophoneControl {...props} />
      {props.mode === "video" && <CameraControl {...props} />}
      <RareControls {...props} isInRow />
      <ChatButton {...props.chat} />
      <Control label={texts.calls.more} hasDialog onPress={props.onMore}>
        <Ellipsis size={22} aria-hidden="true" />
      </Control>
      <EndButton onEnd={props.onEnd} />
    </section>
  );
}

/** While somebody gets ready, or the call runs elsewhere. */
export function QuietControls(props: { chat: ChatControl; onEnd: () => void }) {
  return (
    <section class="controls" aria-label={texts.calls.controls}>
      <ChatButton {...props.chat} />
      <EndButton onEnd={props.onEnd} />
    </section>
  );
}

function ChatButton({ isOpen, unread, onPress }: ChatControl) {
  return (
    <Control
      label={texts.calls.chat}
      name={unread > 0 ? texts.calls.chatUnread(unread) : texts.calls.chat}
      isExpanded={isOpen}
      onPress={onPress}
    >
      <MessageCircle size={22} aria-hidden="true" />
      {unread > 0 && (
        <span class="control__count figures" aria-hidden="true">
          {unread}
        </span>
      )}
    </Control>
  );
}

function EndButton(props: { onEnd: () => void }) {
  return (
    <Control label={texts.room.end} look="end" hasDialog onPress={props.onEnd}>
      <PhoneOff size={22} aria-hidden="true" />
    </Control>
  );
}

function MicrophoneControl(props: ControlsProps) {
  const { ownCall } = useServices();
  const isOn = props.call.isMicrophoneOn.value;
  return (
    <Control
      label={isOn ? texts.calls.mute : texts.calls.unmute}
      look={isOn ? "plain" : "off"}
      shortcut="m"
      onPress={() => ownCall.setMicrophone(!isOn)}
    >
      {isOn ? <Mic size={22} aria-hidden="true" /> : <MicOff size={22} aria-hidden="true" />}
    </Control>
  );
}

function CameraControl(props: ControlsProps) {
  const switchCamera = useCameraSwitch(props.call);
  const isOn = props.call.isCameraOn.value;
  return (
    <Control
      label={isOn ? texts.calls.stopVideo : texts.calls.startVideo}
      look={isOn ? "plain" : "off"}
      shortcut="v"
      onPress={switchCamera}
    >
      {isOn ? <Video size={22} aria-hidden="true" /> : <VideoOff size={22} aria-hidden="true" />}
    </Control>
  );
}

/** Screen, devices and small window: in the row where there is room, else in the sheet behind "More". */
export function RareControls(props: ControlsProps & { isInRow?: boolean }) {
  const { call, mode, pictureInPicture } = props;
  const isSharing = call.isSharingScreen.value;
  const className = props.isInRow ? "control--rare" : "";
  return (
    <>
      {mode === "video" && call.canShareScreen && (
        <Control
          class={className}
          label={isSharing ? texts.calls.stopSharing : texts.calls.share}
          look={isSharing ? "on" : "plain"}
          onPress={() => call.shareScreen(!isSharing)}
        >
          {isSharing ? <MonitorOff size={22} aria-hidden="true" /> : <MonitorUp size={22} aria-hidden="true" />}
        </Control>
      )}
      {mode === "video" && pictureInPicture.isSupported && (
        <Control
          class={className}
          label={pictureInPicture.isOpen ? texts.calls.popIn : texts.calls.popOut}
          onPress={pictureInPicture.toggle}
        >
          <PictureInPicture2 size={22} aria-hidden="true" />
        </Control>
      )}
      <Control class={className} label={texts.calls.devices} hasDialog onPress={props.onDevices}>
        <Settings2 size={22} aria-hidden="true" />
      </Control>
    </>
  );
}

interface ControlProps {
  children: ComponentChildren;
  label: string;
  /** The whole name for screen readers, where the label leaves something out. */
  name?: string;
  look?: "plain" | "off" | "on" | "end";
  class?: string;
  shortcut?: string;
  isExpanded?: boolean;
  hasDialog?: boolean;
  onPress: () => unknown;
}

export function Control(props: ControlProps) {
  const [isWorking, setWorking] = useState(false);
  const press = async () => {
    if (isWorking) return;
    setWorking(true);
    try {
      await props.onPress();
    } finally {
      setWorking(false);
    }
  };
  return (
    <button
      type="button"
      class={`control control--${props.look ?? "plain"} ${props.class ?? ""}`}
      aria-label={props.name ?? props.label}
      aria-keyshortcuts={props.shortcut}
      aria-expanded={props.isExpanded}
      aria-haspopup={props.hasDialog ? "dialog" : undefined}
      aria-busy={isWorking}
      onClick={() => void press()}
    >
      <span class="control__icon">{props.children}</span>
      <span class="control__label">{props.label}</span>
    </button>
  );
}
