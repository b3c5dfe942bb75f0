/** Asks once before ending, and says what ending costs or gives back. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";
import type { RoomPart } from "./part";

export function EndDialog(props: RoomPart & { onClose: () => void }) {
  const { consultation, isClient } = props;
  const { live, liveConsultation } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const end = async () => {
    setProblem(null);
    try {
      const answer = await live.send("consultation.end", { consultation_id: consultation.id });
      props.room.tellSnapshot(answer.consultation);
      liveConsultation.hear(answer.consultation);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const consequence = !isClient
    ? texts.room.endReader
    : consultation.settlement === "second"
      ? texts.room.endClientSecond
      : texts.room.endClientMinute;
  return (
    <Dialog title={texts.room.endTitle} onClose={props.onClose}>
      <div class="stack">
        {consultation.started_at !== null && <p>{consequence}</p>}
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" busyText={texts.room.ending} onPress={end}>
            {texts.room.endConfirm}
          </Button>
          <Button onPress={props.onClose}>{texts.room.stay}</Button>
        </div>
      </div>
    </Dialog>
  );
}
