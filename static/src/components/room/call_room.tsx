/** The room of a call: check or picture, controls, and the chat beside or over them. */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCameraSwitch } from "../../hooks/camera_switch";
import { usePictureInPicture } from "../../hooks/picture_in_picture";
import { useShortcuts } from "../../hooks/shortcuts";
import { useWakeLock } from "../../hooks/wake_lock";
import { useIsWide } from "../../hooks/wide";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { ChatPanel, countUnread, NewMessageAnnouncement } from "./chat_panel";
import { CallControls, type ChatControl, QuietControls } from "./controls";
import { DeviceTrouble } from "./device_trouble";
import { DevicesDialog } from "./devices_dialog";
import { Elsewhere } from "./elsewhere";
import { MoreDialog, useShortcutSetting } from "./more_dialog";
import type { RoomPart } from "./part";
import { SafetyWords } from "./safety_words";
import { type CallPart, Stage } from "./stage";
import { WayIn } from "./way_in";

const CAMERA_OPENS_MS = 2_000;

export type CallRoomProps = RoomPart & { mode: "call" | "video"; isStopped: boolean; onEnd: () => void };

export function CallRoom(props: CallRoomProps) {
  const { consultation } = props;
  const { ownCall } = useServices();
  const isWide = useIsWide();
  const [isChatWanted, setChatWanted] = useState<boolean | null>(null);
  const [isTakingOver, setTakingOver] = useState(false);
  const isChatOpen = isChatWanted ?? isWide;
  const call = ownCall.call.value;
  const isReady = ownCall.isReady(consultation.id);
  const isElsewhere = !isReady && !isTakingOver && ownCall.ownMediaOf(consultation) === "connected";
  useEffect(() => {
    if (isReady) setTakingOver(false);
  }, [isReady]);
  useWakeLock(call !== null);
  const chat: ChatControl = {
    isOpen: isChatOpen,
    unread: isChatOpen ? 0 : countUnread(props),
    onPress: () => setChatWanted(!isChatOpen),
  };
  const panel = isChatOpen && <ChatPanel {...props} onClose={() => setChatWanted(false)} />;
  const announcement = !isChatOpen && <NewMessageAnnouncement {...props} />;
  if (isReady && call !== null) {
    return (
      <TalkingCall {...props} call={call} chat={chat}>
        {panel}
        {announcement}
      </TalkingCall>
    );
  }
  return (
    <div class={`call${isChatOpen ? " call--with-chat" : ""}`}>
      <div class="call__main call__main--check">
        {isElsewhere ? (
          <Elsewhere onTakeOver={() => setTakingOver(true)} />
        ) : (
          <WayIn {...props} isReady={isReady} isImmediate={isTakingOver} />
        )}
      </div>
      <QuietControls chat={chat} onEnd={props.onEnd} />
      {panel}
      {announcement}
    </div>
  );
}

function TalkingCall(props: CallPart & CallRoomProps & { chat: ChatControl; children: ComponentChildren }) {
  const { call, chat } = props;
  const { ownCall } = useServices();
  const video = useRef<RefObject<HTMLVideoElement>>({ current: null });
  const pictureInPicture = usePictureInPicture(() => video.current.current);
  const [open, setOpen] = useState<"devices" | "more" | "safety" | null>(null);
  const [areShortcutsOn, setShortcutsOn] = useShortcutSetting();
  const switchCamera = useCameraSwitch(call);
  const said = useSwitchWords(props);
  const main = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button that led here is gone; without this the next Tab would begin at the top of the page.
    if (document.activeElement === null || document.activeElement === document.body) main.current?.focus();
  }, []);
  useShortcuts(
    {
      m: () => ownCall.setMicrophone(!call.isMicrophoneOn.peek()),
      v: () => props.mode === "video" && void switchCamera(),
    },
    areShortcutsOn,
  );
  usePictureNotice(props);
  const close = () => setOpen(null);
  const controls = {
    ...props,
    pictureInPicture,
    onDevices: () => setOpen("devices"),
    onMore: () => setOpen("more"),
  };
  const devices = ownCall.media.value?.devices;
  return (
    <div class={`call${chat.isOpen ? " call--with-chat" : ""}`}>
      <div class="call__main" ref={main} tabIndex={-1}>
        {devices !== undefined && (
          <DeviceTrouble devices={devices} mode={props.mode} onDevices={() => setOpen("devices")} />
        )}
        <Stage
          {...props}
          isPoppedOut={pictureInPicture.isOpen}
          onVideo={(element) => {
            video.current = element;
          }}
        />
      </div>
      <CallControls {...controls} />
      {props.children}
      <span class="for-screen-readers" role="status">
        {said}
      </span>
      {open === "devices" && devices !== undefined && (
        <DevicesDialog devices={devices} mode={props.mode} onClose={close} />
      )}
      {open === "more" && (
        <MoreDialog
          {...controls}
          areShortcutsOn={areShortcutsOn}
          onShortcuts={setShortcutsOn}
          onSafetyWords={() => setOpen("safety")}
          onClose={close}
        />
      )}
      {open === "safety" && <SafetyWords {...props} onClose={close} />}
    </div>
  );
}

/** What was just switched, for whoever does not see the buttons. */
function useSwitchWords({ call }: CallPart): string {
  const isMicrophoneOn = call.isMicrophoneOn.value;
  const isCameraOn = call.isCameraOn.value;
  const isSharing = call.isSharingScreen.value;
  const [said, say] = useState("");
  const isFirst = useRef(true);
  useSaying(isFirst, () => say(isMicrophoneOn ? texts.calls.unmuted : texts.calls.muted), [isMicrophoneOn]);
  useSaying(isFirst, () => say(isCameraOn ? texts.calls.videoStarted : texts.calls.videoStopped), [isCameraOn]);
  useSaying(isFirst, () => isSharing && say(texts.calls.sharing), [isSharing]);
  useEffect(() => {
    isFirst.current = false;
  }, []);
  return said;
}

function useSaying(isFirst: RefObject<boolean>, say: () => void, inputs: readonly unknown[]): void {
  useEffect(() => {
    if (!isFirst.current) say();
  }, inputs);
}

/** The other one went on with picture; nobody's own camera comes on by that. */
function usePictureNotice({ mode, call, other }: CallPart): void {
  const { notices } = useServices();
  const before = useRef(mode);
  useEffect(() => {
    const isRaised = before.current === "call" && mode === "video";
    before.current = mode;
    if (!isRaised) return;
    // A moment later, when one's own camera would be on.
    const timer = setTimeout(() => {
      if (!call.isCameraOn.peek()) notices.say(texts.calls.pictureAgain(other.display_name));
    }, CAMERA_OPENS_MS);
    return () => clearTimeout(timer);
  }, [mode]);
}
