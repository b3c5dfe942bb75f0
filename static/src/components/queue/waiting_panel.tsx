/** On the page of a reader who is busy: getting in line, and where one stands in it. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { ConsultationType, QueueEntry, ReaderProfile } from "../../protocol";
import { useServices } from "../../services";
import { hasTurn } from "../../stores/own_queue";
import { texts } from "../../texts";
import { Button } from "../button";
import { Note, ProblemNote } from "../notes";
import { placeText } from "./queue_bars";
import { showTurn, TurnLeft } from "./turn";

export function JoinLine(props: { reader: ReaderProfile; type: ConsultationType }) {
  const { reader, type } = props;
  const { queue, site } = useServices();
  const reservedSeconds = site.value?.queue.reserved_seconds;
  const [problem, setProblem] = useState<Problem | null>(null);
  const join = async () => {
    setProblem(null);
    try {
      await queue.join(reader.id, type);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button look="primary" isWide busyText={texts.queue.joining} onPress={join}>
        {texts.queue.waitInLine(reader.waiting_count)}
      </Button>
      {reservedSeconds !== undefined && <p class="soft">{texts.queue.explain(reader.display_name, reservedSeconds)}</p>}
      <ProblemNote problem={problem} />
    </>
  );
}

/** The own place in this reader's line; with a turn, the way to it. */
export function OwnPlace(props: { entry: QueueEntry; type: ConsultationType }) {
  const { entry, type } = props;
  const { queue } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = (work: () => Promise<void>) => async () => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  if (hasTurn(entry)) {
    return (
      <>
        <Note tone="positive">
          <p>{texts.queue.turnBar(entry.reader.display_name)}</p>
          <TurnLeft entry={entry} />
        </Note>
        <Button look="primary" isWide onPress={() => showTurn(entry)}>
          {texts.queue.turnShow}
        </Button>
      </>
    );
  }
  return (
    <>
      <Note>
        <div class="stack stack--tight grow">
          <p role="status">{placeText(entry)}</p>
          <p class="soft">{texts.queue.waitsFor(entry.type)}</p>
        </div>
      </Note>
      {type !== entry.type && (
        <Button isWide busyText={texts.queue.joining} onPress={attempt(() => queue.join(entry.reader.id, type))}>
          {texts.queue.waitInstead[type]}
        </Button>
      )}
      <Button isWide busyText={texts.shell.working} onPress={attempt(() => queue.leave(entry.reader.id))}>
        {texts.queue.leave}
      </Button>
      <ProblemNote problem={problem} />
    </>
  );
}
