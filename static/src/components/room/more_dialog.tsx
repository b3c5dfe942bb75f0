/** What is needed rarely in a call: other ways to talk with their price, safety words, the connection's figures. */
import { ShieldCheck } from "lucide-preact";
import { useState } from "preact/hooks";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { type ControlsProps, RareControls } from "./controls";
import { RoomGiftButton } from "./gifts";
import { ModeChoices } from "./mode_choices";
import { QualityDetails } from "./quality_sign";
import { RecordingChoice } from "./recording";

export interface MoreDialogProps extends ControlsProps {
  onSafetyWords: () => void;
  onClose: () => void;
  areShortcutsOn: boolean;
  onShortcuts: (areOn: boolean) => void;
}

export function MoreDialog(props: MoreDialogProps) {
  return (
    <Dialog title={texts.calls.more} onClose={props.onClose}>
      <div class="stack">
        <div class="more-row only-narrow">
          <RareControls {...props} />
        </div>
        {props.isClient && (
          <div class="more-gift">
            <RoomGiftButton {...props} />
          </div>
        )}
        <section class="stack stack--tight">
          <h3>{texts.calls.modeTitle}</h3>
          <ModeChoices {...props} onDone={props.onClose} />
        </section>
        <RecordingChoice {...props} onDone={props.onClose} />
        <Button isWide onPress={props.onSafetyWords}>
          <ShieldCheck size={18} aria-hidden="true" />
          {texts.calls.safetyWords}
        </Button>
        <QualityDetails quality={props.call.quality.value} />
        <label class="check-line only-keyboard">
          <input
            type="checkbox"
            checked={props.areShortcutsOn}
            onChange={(event) => props.onShortcuts(event.currentTarget.checked)}
          />
          {texts.calls.shortcuts}
        </label>
      </div>
    </Dialog>
  );
}

export function useShortcutSetting(): [boolean, (areOn: boolean) => void] {
  const { memory } = useServices().ownCall;
  const [areOn, setOn] = useState(() => memory.areShortcutsOn());
  return [
    areOn,
    (next) => {
      memory.setShortcuts(next);
      setOn(next);
    },
  ];
}
