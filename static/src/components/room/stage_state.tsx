/** What lies over the picture while there is none to look at: waiting, connecting, lost, failed, or held. */

import { useModeChange } from "../../hooks/mode_change";
import { describeChange } from "../../rooms/modes";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import type { CallPart } from "./stage";

export function StageState(props: CallPart) {
  const { call, consultation, mode } = props;
  const { ownCall } = useServices();
  const stage = call.stage.value;
  if (stage === "failed") return <Failed {...props} />;
  const isHeld = stage === "connected" && consultation.started_at !== null && ownCall.isHeld.value;
  const text = isHeld ? (mode === "video" ? texts.calls.held : texts.calls.heldSound) : waitingText(props);
  return (
    <div class={`stage__state${isHeld ? " stage__state--veiled" : ""}`} role="status">
      {text !== "" && (
        <p class="stage__sign">
          {!isHeld && <span class="button__spinner" aria-hidden="true" />}
          {text}
        </p>
      )}
    </div>
  );
}

function waitingText({ call, mode, other }: CallPart): string {
  switch (call.stage.value) {
    case "waiting":
      return texts.calls.waitingFor(other.display_name);
    case "connecting":
      return mode === "video" ? texts.calls.connecting : texts.calls.connectingSound;
    case "reconnecting":
      return texts.calls.reconnecting;
    default:
      return "";
  }
}

function Failed(props: CallPart) {
  const { call, consultation } = props;
  const { change, problem } = useModeChange(props);
  const chat = describeChange(consultation, "chat");
  return (
    <div class="stage__card" role="alert">
      <h2>{texts.calls.failedTitle}</h2>
      <p>{texts.calls.failedHint}</p>
      <div class="row">
        <Button look="primary" onPress={() => call.restart()}>
          {texts.calls.tryAgain}
        </Button>
        <Button onPress={() => change("chat")}>
          {texts.calls.byChat(` · ${formatMoney(chat.ratePerMinuteMinor, consultation.currency)}/min`)}
        </Button>
      </div>
      <ProblemNote problem={problem} />
    </div>
  );
}
