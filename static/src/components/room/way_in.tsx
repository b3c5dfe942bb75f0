/** Getting ready for a call whose room is open already; the other side sees meanwhile that we are there. */
import { useModeChange } from "../../hooks/mode_change";
import { describeChange } from "../../rooms/modes";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import type { CallRoomProps } from "./call_room";
import { DeviceCheck } from "./device_check";

export function WayIn(props: CallRoomProps & { isReady: boolean; isImmediate: boolean }) {
  const { consultation, mode } = props;
  const { change, problem } = useModeChange(props);
  if (props.isReady) {
    return (
      <p class="stage__sign" role="status">
        <span class="button__spinner" aria-hidden="true" />
        {texts.calls.opening[mode]}
      </p>
    );
  }
  const rate = formatMoney(describeChange(consultation, "chat").ratePerMinuteMinor, consultation.currency);
  return (
    <DeviceCheck
      consultationId={consultation.id}
      mode={mode}
      joinText={texts.calls.join[mode]}
      isImmediate={props.isImmediate}
    >
      <div class="row row--apart">
        <Button look="quiet" onPress={() => change("chat")}>
          {texts.calls.byChat(` · ${rate}/min`)}
        </Button>
        {consultation.started_at === null && <span class="faint grow">{texts.calls.nothingChargedYet}</span>}
      </div>
      <ProblemNote problem={problem} />
    </DeviceCheck>
  );
}
