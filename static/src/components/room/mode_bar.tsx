/** A line below the head: the reader's suggestion to say more, or that a call goes on by chat and how to come back. */
import { useState } from "preact/hooks";
import { useModeChange } from "../../hooks/mode_change";
import { describeChange, listModeChanges } from "../../rooms/modes";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import { AgreeDialog, changeText, modeName } from "./mode_choices";
import type { RoomPart } from "./part";

export function ModeBar(props: RoomPart) {
  const { consultation, isClient } = props;
  const { proposed_mode: proposed } = consultation;
  if (proposed !== null) {
    return isClient ? <Question {...props} mode={proposed} /> : <Suggested {...props} mode={proposed} />;
  }
  if (consultation.mode !== "chat" || consultation.type === "chat") return null;
  return <ByChat {...props} />;
}

/** The price is said beside the button that agrees to it. */
function Question(props: RoomPart & { mode: "call" | "video" }) {
  const { consultation, mode, other } = props;
  const { change, problem } = useModeChange(props);
  const rate = formatMoney(describeChange(consultation, mode).ratePerMinuteMinor, consultation.currency);
  return (
    <div class="room-bar room-bar--question">
      <span role="alert">{texts.calls.proposed[mode](other.display_name, rate)}</span>
      <span class="row">
        <Button look="primary" onPress={() => change(mode)}>
          {texts.calls.agree(rate)}
        </Button>
        <Button onPress={() => change(consultation.mode)}>{texts.calls.notNow}</Button>
      </span>
      <ProblemNote problem={problem} />
    </div>
  );
}

function Suggested(props: RoomPart & { mode: "call" | "video" }) {
  const { change, problem } = useModeChange(props);
  return (
    <div class="room-bar room-bar--neutral">
      <span role="status">{texts.calls.proposedByYou[props.mode](props.other.display_name)}</span>
      <Button onPress={() => change(props.consultation.mode)}>{texts.calls.takeBack}</Button>
      <ProblemNote problem={problem} />
    </div>
  );
}

function ByChat(props: RoomPart) {
  const { consultation, isClient } = props;
  const { change, problem } = useModeChange(props);
  const [asked, setAsked] = useState<"call" | "video" | null>(null);
  const choose = (mode: "call" | "video") => (isClient ? setAsked(mode) : change(mode));
  return (
    <div class="room-bar room-bar--neutral">
      <span>{modeName("chat", props)}</span>
      <span class="row">
        {listModeChanges(consultation).map((one) =>
          one.mode === "chat" ? null : (
            <Button key={one.mode} onPress={() => choose(one.mode as "call" | "video")}>
              {changeText(one, isClient)[one.mode]}
            </Button>
          ),
        )}
      </span>
      <ProblemNote problem={problem} />
      {asked !== null && <AgreeDialog {...props} mode={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}
