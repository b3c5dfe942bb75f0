/** Before going live: see yourself, choose devices, and what to do where something is missing. */
import { Mic, MicOff, Video, VideoOff } from "lucide-preact";
import { useShownStream, useStreamOf } from "../../hooks/stream";
import type { StudioDevices } from "../../hooks/studio_devices";
import type { Devices } from "../../media/types";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Note } from "../notes";
import { DevicePickers } from "../room/device_pickers";
import { DeviceProblemNote } from "../room/device_problem";
import { LevelMeter } from "../room/level_meter";

export function StudioPreview(props: { studio: StudioDevices }) {
  const { studio } = props;
  const { mediaSupport } = useServices();
  if (mediaSupport !== "ok") {
    return (
      <Note tone="warning">
        <p>{texts.calls.unsupported[mediaSupport]}</p>
      </Note>
    );
  }
  if (studio.hasFailed) {
    return (
      <Note tone="danger">
        <div class="stack stack--tight grow">
          <p role="alert">{texts.calls.engineFailed}</p>
          <div>
            <Button onPress={studio.open}>{texts.shell.tryAgain}</Button>
          </div>
        </div>
      </Note>
    );
  }
  if (!studio.isWanted) {
    return (
      <div class="preview preview--wide">
        <div class="preview__off">
          <Button onPress={studio.open}>{texts.calls.allow.video}</Button>
        </div>
      </div>
    );
  }
  if (studio.devices === null || (studio.isOpening && studio.devices.camera.value === null)) {
    return (
      <div class="preview preview--wide">
        <div class="preview__off preview__off--opening" role="status">
          <span class="button__spinner" aria-hidden="true" />
          <p>{texts.studio.openingDevices}</p>
          <p class="faint-on-stage">{texts.studio.askedByBrowser}</p>
        </div>
      </div>
    );
  }
  return <OpenPreview studio={studio} devices={studio.devices} />;
}

function OpenPreview(props: { studio: StudioDevices; devices: Devices }) {
  const { studio, devices } = props;
  const hasCamera = devices.camera.value !== null;
  const hasMicrophone = devices.microphone.value !== null;
  const cameraProblem = studio.choice.camera ? devices.cameraProblem.value : null;
  const microphoneProblem = devices.microphoneProblem.value;
  return (
    <div class="stack stack--tight">
      <OwnPreview {...props} />
      <DeviceProblemNote kind="microphone" problem={microphoneProblem} onRetry={studio.open} />
      <DeviceProblemNote
        kind="camera"
        problem={cameraProblem === microphoneProblem ? null : cameraProblem}
        onRetry={studio.open}
      />
      {hasMicrophone && <LevelMeter devices={devices} />}
      {hasMicrophone !== hasCamera && (
        <p class="faint">{hasMicrophone ? texts.studio.soundOnly : texts.studio.pictureOnly}</p>
      )}
      <details class="device-check__more">
        <summary>{texts.studio.devices}</summary>
        <DevicePickers devices={devices} hasCamera={hasCamera} />
      </details>
    </div>
  );
}

function OwnPreview({ studio, devices }: { studio: StudioDevices; devices: Devices }) {
  const { choice } = studio;
  const camera = devices.camera.value;
  const video = useShownStream(useStreamOf(camera));
  return (
    <div class="preview preview--wide">
      {camera === null ? (
        <p class="preview__off">{texts.calls.cameraIsOff}</p>
      ) : (
        <video
          ref={video}
          class="preview__picture is-mirrored"
          autoPlay
          playsInline
          muted
          aria-label={texts.studio.preview}
        />
      )}
      <div class="preview__controls">
        <Button
          look={choice.microphone ? "plain" : "danger"}
          label={choice.microphone ? texts.calls.mute : texts.calls.unmute}
          onPress={() => studio.setMicrophone(!choice.microphone)}
        >
          {choice.microphone ? <Mic size={20} /> : <MicOff size={20} />}
        </Button>
        <Button
          look={camera === null ? "danger" : "plain"}
          label={camera === null ? texts.calls.startVideo : texts.calls.stopVideo}
          onPress={() => studio.setCamera(camera === null)}
        >
          {camera === null ? <VideoOff size={20} /> : <Video size={20} />}
        </Button>
      </div>
    </div>
  );
}
