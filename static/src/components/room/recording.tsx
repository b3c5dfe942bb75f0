/** Recording in the room: the question before it, and the mark that it is going on, for as long as it does. */
import { Circle } from "lucide-preact";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";
import type { RoomPart } from "./part";
import "../../styles/recordings.css";

/** A full server stays full for longer than anybody looks at a button. */
const ANSWERED_WITHIN_MS = 10_000;

type Verb = "ask" | "agree" | "decline" | "stop";

/** Below the head, on every page of a call: who is recorded must see it. */
export function RecordingBar(props: RoomPart) {
  const { consultation, other, ownId } = props;
  const { recording } = consultation;
  const { act, problem } = useRecordingCommand(props);
  const hasTakenBack = useRef(false);
  useChangeNotices(props, hasTakenBack);
  const takeBack = async () => {
    hasTakenBack.current = true;
    hasTakenBack.current = await act("stop");
  };
  if (recording === null || recording.state === "stopped") return <ProblemNote problem={problem} />;
  const isOwnQuestion = recording.asked_by === ownId;
  if (recording.state === "asked" && isOwnQuestion) {
    return (
      <div class="room-bar room-bar--neutral">
        <span role="status">{texts.recordings.asked(other.display_name)}</span>
        <Button onPress={takeBack}>{texts.recordings.takeBack}</Button>
        <ProblemNote problem={problem} />
      </div>
    );
  }
  if (recording.state === "asked") {
    return (
      <section class="room-bar room-bar--question recording-question" aria-label={texts.recordings.title}>
        <div class="stack stack--tight">
          <strong role="alert">{texts.recordings.question(other.display_name)}</strong>
          <RecordingFacts {...props} keptDays={recording.kept_days} />
        </div>
        <span class="row">
          <Button look="primary" onPress={() => act("agree")}>
            {texts.recordings.agree}
          </Button>
          <Button onPress={() => act("decline")}>{texts.recordings.decline}</Button>
        </span>
        <ProblemNote problem={problem} />
      </section>
    );
  }
  const isResting = recording.state === "recording" && consultation.is_paused;
  return (
    <section class="room-bar recording-mark" aria-label={texts.recordings.title}>
      <span class="recording-mark__text" role="status">
        <Circle class={isResting ? "" : "recording-mark__dot"} size={14} fill="currentColor" aria-hidden="true" />
        {isResting
          ? texts.recordings.resting
          : recording.state === "recording"
            ? texts.recordings.recording
            : texts.recordings.starting}
      </span>
      <Button onPress={() => act("stop")}>{texts.recordings.stop}</Button>
      <ProblemNote problem={problem} />
    </section>
  );
}

/** Among the rarer things of a call. */
export function RecordingChoice(props: RoomPart & { onDone: () => void }) {
  const { consultation, other } = props;
  const { site } = useServices();
  const { act, problem } = useRecordingCommand(props);
  const [isAsking, setAsking] = useState(false);
  const state = consultation.recording?.state ?? "stopped";
  if (state !== "stopped" || consultation.mode === "chat" || site.value?.recording.is_enabled === false) return null;
  const ask = async () => {
    if (!(await act("ask"))) return;
    setAsking(false);
    props.onDone();
  };
  return (
    <>
      <Button isWide onPress={() => setAsking(true)}>
        <Circle size={18} aria-hidden="true" />
        {texts.recordings.ask}
      </Button>
      {isAsking && (
        <Dialog title={texts.recordings.askTitle(other.display_name)} onClose={() => setAsking(false)}>
          <div class="stack">
            <RecordingFacts {...props} keptDays={site.value?.recording.kept_days ?? null} />
            <ProblemNote problem={problem} />
            <div class="row">
              <Button look="primary" onPress={ask}>
                {texts.recordings.askNow(other.display_name)}
              </Button>
              <Button onPress={() => setAsking(false)}>{texts.recordings.cancel}</Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** What is recorded, who can see it, how long it is kept: the same words for both. */
function RecordingFacts(props: RoomPart & { keptDays: number | null }) {
  return (
    <ul class="recording-facts">
      <li>{texts.recordings.what(props.consultation.type === "video")}</li>
      <li>{texts.recordings.who}</li>
      {props.keptDays !== null && <li>{texts.recordings.kept(props.keptDays)}</li>}
      <li>{texts.recordings.how}</li>
    </ul>
  );
}

function useRecordingCommand({ consultation }: RoomPart) {
  const { live, liveConsultation } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = async (verb: Verb): Promise<boolean> => {
    setProblem(null);
    try {
      const answer = await live.send(
        `recording.${verb}`,
        { consultation_id: consultation.id },
        { deadlineMs: ANSWERED_WITHIN_MS },
      );
      liveConsultation.hear(answer.consultation);
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    }
  };
  return { act, problem };
}

/** Says what the other side did, or what happened by itself. */
function useChangeNotices({ consultation, other, ownId }: RoomPart, hasTakenBack: RefObject<boolean>): void {
  const { notices } = useServices();
  const { recording } = consultation;
  const before = useRef(recording);
  useEffect(() => {
    const last = before.current;
    before.current = recording;
    if (last === null || last.state === "stopped") return;
    if (last.state === "asked" && recording?.id !== last.id) {
      const isOwn = last.asked_by === ownId;
      if (isOwn && !hasTakenBack.current) notices.say(texts.recordings.declined(other.display_name));
      hasTakenBack.current = false;
      return;
    }
    if (recording?.id !== last.id || recording.state !== "stopped") return;
    if (recording.stopped_by === other.id) notices.say(texts.recordings.stoppedByOther(other.display_name));
    else notices.say(texts.recordings.stoppedBecause[recording.stop_reason ?? "stopped"]);
  }, [recording?.id, recording?.state]);
}
