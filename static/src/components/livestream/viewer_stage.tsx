/** The picture of a livestream, what lies over it, and what to do when there is none. */
import { Maximize, Minimize, PictureInPicture2, Play, Volume2, VolumeX } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useFullScreen } from "../../hooks/full_screen";
import { useLiveVideo } from "../../hooks/live_video";
import { usePictureInPicture } from "../../hooks/picture_in_picture";
import type { Livestream } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { texts } from "../../texts";
import { formatTime } from "../../texts/formats";
import { Avatar } from "../avatar";
import { Button } from "../button";

export function ViewerStage(props: { room: LivestreamRoom; livestream: Livestream; children?: ComponentChildren }) {
  const { room, livestream } = props;
  const stage = useRef<HTMLElement>(null);
  const video = useLiveVideo(room.stream.value);
  const fullScreen = useFullScreen(stage);
  const pictureInPicture = usePictureInPicture(() => video.element.current);
  const name = livestream.reader.display_name;
  const isShown = video.hasPicture && room.stream.value !== null;
  return (
    <section class="viewer-stage" ref={stage} aria-label={texts.livestreams.picture(name)}>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody writes down what is said live. */}
      <video
        ref={video.element}
        class={`viewer-stage__video${isShown ? "" : " viewer-stage__video--off"}`}
        playsInline
        aria-label={texts.livestreams.picture(name)}
      />
      {!isShown && <Curtain livestream={livestream} />}
      <StageSign room={room} livestream={livestream} isShown={isShown} />
      {props.children}
      {video.isBlocked ? (
        <div class="viewer-stage__sound">
          <Button look="primary" onPress={() => video.setSound(true)}>
            <Play size={18} aria-hidden="true" />
            {texts.livestreams.pressToPlay}
          </Button>
        </div>
      ) : (
        video.isSilenced && (
          <div class="viewer-stage__sound">
            <Button look="primary" onPress={() => video.setSound(true)}>
              <Volume2 size={18} aria-hidden="true" />
              {texts.livestreams.soundOn}
            </Button>
            <p class="for-screen-readers" role="status">
              {texts.livestreams.soundIsOff}
            </p>
          </div>
        )
      )}
      <div class="viewer-stage__controls">
        {!video.isSilenced && (
          <StageButton
            label={video.isMuted ? texts.livestreams.soundOn : texts.livestreams.soundOff}
            onPress={() => video.setSound(video.isMuted)}
          >
            {video.isMuted ? <VolumeX size={20} /> : <Volume2 size={20} />}
          </StageButton>
        )}
        {pictureInPicture.isSupported && (
          <StageButton
            label={pictureInPicture.isOpen ? texts.livestreams.popIn : texts.livestreams.popOut}
            onPress={pictureInPicture.toggle}
          >
            <PictureInPicture2 size={20} />
          </StageButton>
        )}
        {fullScreen.isSupported && (
          <StageButton
            label={fullScreen.isOn ? texts.livestreams.leaveFullScreen : texts.livestreams.fullScreen}
            onPress={fullScreen.toggle}
          >
            {fullScreen.isOn ? <Minimize size={20} /> : <Maximize size={20} />}
          </StageButton>
        )}
      </div>
    </section>
  );
}

function StageButton(props: { label: string; onPress: () => unknown; children: ComponentChildren }) {
  return (
    <button
      type="button"
      class="stage-button"
      aria-label={props.label}
      title={props.label}
      onClick={() => void props.onPress()}
    >
      {props.children}
    </button>
  );
}

/** Before the picture: the cover, or who it is. */
export function Curtain(props: { livestream: Livestream }) {
  const { reader, cover_url: coverUrl } = props.livestream;
  if (coverUrl !== null) return <img class="viewer-stage__cover" src={coverUrl} alt="" />;
  return (
    <div class="viewer-stage__person">
      <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="large" />
    </div>
  );
}

/** Why there is no picture, and what to do. Always there, so that a change is announced. */
function StageSign(props: { room: LivestreamRoom; livestream: Livestream; isShown: boolean }) {
  const { room, livestream, isShown } = props;
  const media = room.media.value;
  const isPaused = livestream.is_paused;
  const isQuiet = media === "playing" && !isPaused && isShown;
  return (
    <div class={`viewer-stage__state${isPaused || !isShown ? " viewer-stage__state--veiled" : ""}`} role="status">
      {!isQuiet && (isPaused ? <PausedSign livestream={livestream} /> : <MediaSign {...props} />)}
    </div>
  );
}

function PausedSign(props: { livestream: Livestream }) {
  const { reader, pause_reason: reason, pause_until_at: until } = props.livestream;
  const isPrivate = reason === "private";
  return (
    <div class="stage-sign">
      <p class="stage-sign__title">
        {(isPrivate ? texts.livestreams.privatePause : texts.livestreams.beRightBack)(reader.display_name)}
      </p>
      <p>
        {isPrivate && until !== null
          ? texts.livestreams.privatePauseHint(formatTime(until))
          : texts.livestreams.beRightBackHint}
      </p>
    </div>
  );
}

function MediaSign(props: { room: LivestreamRoom; livestream: Livestream; isShown: boolean }) {
  const { room, livestream } = props;
  const media = room.media.value;
  // Connected, and the first picture is under way.
  const state = media === "playing" && !props.isShown ? "connecting" : media;
  if (livestream.reader.id === room.ownId) {
    return (
      <div class="stage-sign">
        <p>{texts.livestreams.own}</p>
        <a class="button" href="/studio">
          {texts.livestreams.toOwnStudio}
        </a>
      </div>
    );
  }
  const text = texts.livestreams.states[state];
  if (text === "") return null;
  const isStuck = state === "full" || state === "unavailable" || state === "failed";
  return (
    <div class="stage-sign">
      <p>{text}</p>
      {isStuck && <Button onPress={() => room.enterAgain()}>{texts.livestreams.tryAgain}</Button>}
    </div>
  );
}
