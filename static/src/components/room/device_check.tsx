/** Before joining: see yourself, hear yourself, choose devices; with what to do where something is missing. */
import { Mic, MicOff, Video, VideoOff } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { type Joining, useJoining } from "../../hooks/joining";
import { useShownStream, useStreamOf } from "../../hooks/stream";
import { useIsWide } from "../../hooks/wide";
import type { Devices } from "../../media/types";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Note } from "../notes";
import { DevicePickers } from "./device_pickers";
import { DeviceProblemNote } from "./device_problem";
import { LevelMeter } from "./level_meter";

type CallMode = "call" | "video";

export interface DeviceCheckProps {
  consultationId: string;
  mode: CallMode;
  joinText: string;
  /** No check where the browser allows the devices already: somebody just said that they want in. */
  isImmediate?: boolean;
  /** What else can be done, below the one button. */
  children?: ComponentChildren;
}

export function DeviceCheck(props: DeviceCheckProps) {
  const { mediaSupport } = useServices();
  return (
    <section class="device-check card stack" aria-labelledby="device-check-title">
      <h2 id="device-check-title">{texts.calls.checkTitle[props.mode]}</h2>
      {mediaSupport === "ok" ? (
        <Check {...props} />
      ) : (
        <Note tone="warning">
          <p>{texts.calls.unsupported[mediaSupport]}</p>
        </Note>
      )}
      {props.children}
    </section>
  );
}

function Check(props: DeviceCheckProps) {
  const joining = useJoining(props.consultationId, props.mode, props.isImmediate ?? false);
  const { step, devices } = joining;
  if (step === "failed") {
    return (
      <Note tone="danger">
        <div class="stack stack--tight grow">
          <p role="alert">{texts.calls.engineFailed}</p>
          <div>
            <Button onPress={joining.open}>{texts.shell.tryAgain}</Button>
          </div>
        </div>
      </Note>
    );
  }
  if (step === "explaining") {
    return (
      <>
        <p>{texts.calls.explain[props.mode]}</p>
        <Button look="primary" isWide onPress={joining.open}>
          {texts.calls.allow[props.mode]}
        </Button>
      </>
    );
  }
  if (step !== "checking" || devices === null) {
    return (
      <div class="device-check__opening" role="status">
        <span class="button__spinner" aria-hidden="true" />
        {texts.calls.opening[props.mode]}
      </div>
    );
  }
  return <OpenCheck {...props} joining={joining} devices={devices} />;
}

function OpenCheck(props: DeviceCheckProps & { joining: Joining; devices: Devices }) {
  const { mode, joining, devices } = props;
  const { choice, change } = joining;
  const microphoneProblem = devices.microphoneProblem.value;
  const cameraProblem = mode === "video" && choice.camera ? devices.cameraProblem.value : null;
  const isWide = useIsWide();
  const canHear = devices.microphone.value !== null;
  return (
    <>
      {mode === "video" && <Preview joining={joining} devices={devices} />}
      <DeviceProblemNote kind="microphone" problem={microphoneProblem} onRetry={joining.open} />
      <DeviceProblemNote
        kind="camera"
        problem={cameraProblem === microphoneProblem ? null : cameraProblem}
        onRetry={joining.open}
      />
      {!canHear && microphoneProblem !== null && (
        <Button isWide onPress={joining.listen}>
          {texts.calls.joinToListen}
        </Button>
      )}
      {canHear && (
        <>
          <LevelMeter devices={devices} />
          <Button look="primary" isWide onPress={joining.join}>
            {mode === "video" && devices.camera.value === null ? texts.calls.joinWithoutCamera : props.joinText}
          </Button>
          <details class="device-check__more" open={isWide}>
            <summary>{texts.calls.devicesAndSound}</summary>
            <DevicePickers devices={devices} hasCamera={mode === "video" && devices.camera.value !== null} />
          </details>
          <label class="check-line">
            <input
              type="checkbox"
              checked={choice.skipCheck}
              onChange={(event) => change({ skipCheck: event.currentTarget.checked })}
            />
            {texts.calls.skipCheck}
          </label>
        </>
      )}
    </>
  );
}

function Preview(props: { joining: Joining; devices: Devices }) {
  const { joining, devices } = props;
  const { choice, change } = joining;
  const camera = devices.camera.value;
  const video = useShownStream(useStreamOf(camera));
  const toggleCamera = async () => {
    change({ camera: !choice.camera });
    if (choice.camera) devices.closeCamera();
    else await devices.open({ camera: true, microphone: true });
  };
  return (
    <div class="preview">
      {camera === null ? (
        <p class="preview__off">{texts.calls.cameraIsOff}</p>
      ) : (
        <video
          ref={video}
          class="preview__picture is-mirrored"
          autoPlay
          playsInline
          muted
          aria-label={texts.calls.preview}
        />
      )}
      <div class="preview__controls">
        <Button
          look={choice.microphone ? "plain" : "danger"}
          label={choice.microphone ? texts.calls.mute : texts.calls.unmute}
          onPress={() => change({ microphone: !choice.microphone })}
        >
          {choice.microphone ? <Mic size={20} /> : <MicOff size={20} />}
        </Button>
        <Button
          look={camera === null ? "danger" : "plain"}
          label={camera === null ? texts.calls.startVideo : texts.calls.stopVideo}
          onPress={toggleCamera}
        >
          {camera === null ? <VideoOff size={20} /> : <Video size={20} />}
        </Button>
      </div>
    </div>
  );
}
