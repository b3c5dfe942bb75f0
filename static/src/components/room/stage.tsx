/** The picture first: the other's large, one's own small, and what is the matter when something is. */
import type { RefObject } from "preact";
import { useShownStream, useStreamOf } from "../../hooks/stream";
import type { Call } from "../../media/types";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Avatar } from "../avatar";
import { Button } from "../button";
import { TypeIcon } from "../type_icon";
import type { RoomPart } from "./part";
import { QualitySign } from "./quality_sign";
import { StageState } from "./stage_state";

export interface CallPart extends RoomPart {
  call: Call;
  mode: "call" | "video";
}

type StageProps = CallPart & {
  /** The picture is in a small window of its own. */
  isPoppedOut: boolean;
  onVideo: (element: RefObject<HTMLVideoElement>) => void;
};

export function Stage(props: StageProps) {
  const { call, consultation, mode } = props;
  const rate = formatMoney(consultation.rate_per_minute_minor, consultation.currency);
  return (
    <section class={`stage stage--${mode}`} aria-label={texts.calls.stageLabel[mode]}>
      <OthersPicture {...props} />
      {mode === "video" && <OwnPicture {...props} />}
      <div class="stage__signs">
        <span class="stage__sign figures">
          <TypeIcon type={mode} size={15} />
          {texts.calls.atRate(texts.readers.types[mode], rate)}
        </span>
        <QualitySign quality={call.quality.value} stage={call.stage.value} />
      </div>
      <StageState {...props} />
      <BlockedSound />
    </section>
  );
}

function OthersPicture(props: StageProps) {
  const { call, consultation, other, mode } = props;
  const { ownCall } = useServices();
  const stream = call.remoteStream.value;
  const video = useShownStream(stream);
  props.onVideo(video);
  // What comes in before the clock runs is black.
  const isShown = mode === "video" && stream !== null && call.isRemoteVideoOn.value && consultation.started_at !== null;
  return (
    <>
      {/* Always there, so that a small window of it outlives a camera that is switched off for a moment. Its sound comes
          out elsewhere. */}
      {mode === "video" && (
        <video
          ref={video}
          class={`stage__picture${isShown && !props.isPoppedOut ? "" : " stage__picture--off"}`}
          autoPlay
          playsInline
          muted
          aria-label={texts.calls.pictureOf(other.display_name)}
        />
      )}
      {(!isShown || props.isPoppedOut) && (
        <div class="stage__person">
          <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="large" />
          <p class="name">{other.display_name}</p>
          {mode === "video" && call.stage.value === "connected" && !ownCall.isHeld.value && (
            <p class="stage__faint">{isShown ? texts.calls.poppedOut : texts.calls.cameraOffOf(other.display_name)}</p>
          )}
        </div>
      )}
    </>
  );
}

function OwnPicture(props: CallPart) {
  const { call } = props;
  const track = call.localVideo.value;
  const video = useShownStream(useStreamOf(track));
  const isScreen = call.isSharingScreen.value;
  // Its track shows nothing but black while the clock stands.
  const isHeld = useServices().ownCall.isHeld.value;
  const isOn = track !== null && !isHeld && (isScreen || call.isCameraOn.value);
  return (
    <div class="own-picture">
      {isOn ? (
        <video
          ref={video}
          class={isScreen ? "own-picture__video" : "own-picture__video is-mirrored"}
          autoPlay
          playsInline
          muted
          aria-label={isScreen ? texts.calls.ownScreen : texts.calls.ownPicture}
        />
      ) : (
        <p class="own-picture__off">{isHeld ? texts.calls.ownPictureRests : texts.calls.cameraIsOff}</p>
      )}
    </div>
  );
}

/** A browser may want a press before it plays anything. */
function BlockedSound() {
  const { ownCall } = useServices();
  const sound = ownCall.sound.value;
  if (sound === null || !sound.isBlocked.value) return null;
  return (
    <div class="stage__card" role="alert">
      <p>{texts.calls.soundBlocked}</p>
      <Button look="primary" onPress={() => sound.unblock()}>
        {texts.calls.hear}
      </Button>
    </div>
  );
}
