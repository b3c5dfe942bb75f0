/** Which camera, microphone and speaker; before a call and in the middle of one. */
import { Volume2 } from "lucide-preact";
import type { DeviceChoice, Devices } from "../../media/types";
import { texts } from "../../texts";
import { Button } from "../button";
import { SelectField } from "../fields";

export function DevicePickers(props: { devices: Devices; hasCamera: boolean }) {
  const { devices } = props;
  return (
    <div class="stack stack--tight">
      {props.hasCamera && (
        <Picker
          label={texts.calls.camera}
          choices={devices.cameras.value}
          chosen={devices.cameraId.value}
          onChange={(id) => devices.chooseCamera(id)}
        />
      )}
      <Picker
        label={texts.calls.microphone}
        choices={devices.microphones.value}
        chosen={devices.microphoneId.value}
        onChange={(id) => devices.chooseMicrophone(id)}
      />
      <Picker
        label={texts.calls.speaker}
        choices={devices.speakers.value}
        chosen={devices.speakerId.value}
        onChange={(id) => devices.chooseSpeaker(id)}
      />
      <div class="row">
        <Button onPress={() => devices.playTestTone()}>
          <Volume2 size={18} aria-hidden="true" />
          {texts.calls.testSpeaker}
        </Button>
        <span class="faint grow device-check__hint">{texts.calls.testSpeakerHint}</span>
      </div>
    </div>
  );
}

/** With nothing to choose between there is nothing to ask. */
function Picker(props: {
  label: string;
  choices: readonly DeviceChoice[];
  chosen: string | null;
  onChange: (id: string) => unknown;
}) {
  if (props.choices.length < 2) return null;
  return (
    <SelectField
      label={props.label}
      value={props.chosen ?? props.choices[0]?.id ?? ""}
      options={props.choices.map(({ id, label }) => ({ value: id, label }))}
      onChange={(id) => void props.onChange(id)}
    />
  );
}
