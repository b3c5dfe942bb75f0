/** Bars on every page while this client waits in line: the place, a turn, what became of a place that was lost. */
import { X } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../../api/problems";
import type { QueueEntry } from "../../protocol";
import { useServices } from "../../services";
import { hasTurn } from "../../stores/own_queue";
import { texts } from "../../texts";
import { formatTime } from "../../texts/formats";
import { problemText } from "../../texts/problem_text";
import { Button } from "../button";
import { showTurn, TurnLeft } from "./turn";
import "../../styles/queue.css";

export function QueueBars() {
  const { queue } = useServices();
  const entries = queue.entries.value.filter((entry) => entry.consultation_id === null);
  return (
    <>
      {entries.map((entry) =>
        hasTurn(entry) ? <TurnBar key={entry.id} entry={entry} /> : <PlaceBar key={entry.id} entry={entry} />,
      )}
      {queue.lost.value.map((entry) => (
        <LostBar key={entry.id} entry={entry} />
      ))}
    </>
  );
}

/** Where a place stands, in a sentence or two. */
export function placeText(entry: QueueEntry): string {
  const name = entry.reader.display_name;
  if (entry.stalled_until_at !== null) return texts.queue.stalled(name, formatTime(entry.stalled_until_at));
  if (entry.skip_reason !== null && entry.kept_until_at !== null) {
    return `${texts.queue.skipped[entry.skip_reason](name)} ${texts.queue.keptUntil(formatTime(entry.kept_until_at))}`;
  }
  return texts.queue.place(entry.position ?? 1, name);
}

function TurnBar(props: { entry: QueueEntry }) {
  const { entry } = props;
  return (
    <div class="wide-bar wide-bar--live queue-bar">
      <span role="status">{texts.queue.turnBar(entry.reader.display_name)}</span>
      <TurnLeft entry={entry} />
      <Button onPress={() => showTurn(entry)}>{texts.queue.turnShow}</Button>
    </div>
  );
}

function PlaceBar(props: { entry: QueueEntry }) {
  const { entry } = props;
  const { queue } = useServices();
  const { path } = useLocation();
  const readerPath = `/readers/${entry.reader.id}`;
  const [problem, leave] = useTrying(() => queue.leave(entry.reader.id));
  // The reader's own page says the same beside what can be done about it.
  if (path === readerPath) return null;
  return (
    <div class="wide-bar queue-bar queue-bar--place">
      <span role="status">
        <a href={readerPath}>{placeText(entry)}</a>
      </span>
      <span class="queue-bar__ways">
        {entry.skip_reason === "balance" && (
          <a href={`/wallet?next=${encodeURIComponent(readerPath)}`}>{texts.queue.addMoney}</a>
        )}
        <Button
          look="quiet"
          label={texts.queue.leaveOf(entry.reader.display_name)}
          busyText={texts.shell.working}
          onPress={leave}
        >
          {texts.queue.leave}
        </Button>
      </span>
      <Failure problem={problem} />
    </div>
  );
}

function LostBar(props: { entry: QueueEntry }) {
  const { entry } = props;
  const { queue } = useServices();
  const { route } = useLocation();
  const name = entry.reader.display_name;
  const reason = entry.end_reason ?? "time_ran_out";
  const mayJoin = reason !== "reader_closed" && reason !== "type_not_offered";
  const [problem, joinAgain] = useTrying(async () => {
    try {
      await queue.join(entry.reader.id, entry.type);
    } catch (error) {
      // Free meanwhile, or gone: the reader's page says which, and what can be done.
      if (!["queue.reader_free", "reader.offline"].includes(asProblem(error).code)) throw error;
      queue.dismiss(entry);
      route(`/readers/${entry.reader.id}`);
    }
  });
  return (
    <div class="wide-bar wide-bar--test queue-bar">
      <span role="status">{texts.queue.lost[reason](name)}</span>
      <span class="queue-bar__ways">
        {mayJoin ? (
          <Button onPress={joinAgain}>{texts.queue.joinAgain}</Button>
        ) : (
          <a href={`/readers/${entry.reader.id}`}>{texts.queue.seeReader(name)}</a>
        )}
        <Button look="quiet" label={texts.shell.close} onPress={() => queue.dismiss(entry)}>
          <X size={18} aria-hidden="true" />
        </Button>
      </span>
      <Failure problem={problem} />
    </div>
  );
}

function Failure(props: { problem: Problem | null }) {
  return <span role="alert">{props.problem !== null && problemText(props.problem)}</span>;
}

function useTrying(work: () => Promise<void>): [Problem | null, () => Promise<void>] {
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = async () => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return [problem, attempt];
}
