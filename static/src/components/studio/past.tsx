/** Livestreams that are over, with what became of their recordings. */
import { useState } from "preact/hooks";
import type { PagedList } from "../../hooks/loading";
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { formatClock, formatDateTime, formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote, Skeleton } from "../notes";
import { RecordingControls } from "./recording_controls";
import { secondsLive } from "./summary";

export function Past(props: { list: PagedList<Livestream> }) {
  const { list } = props;
  return (
    <section class="card stack stack--tight" aria-labelledby="past-title">
      <h2 id="past-title">{texts.studio.pastTitle}</h2>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items === null && list.problem === null && <Skeleton shape="line" count={2} />}
      {list.items?.length === 0 && <p class="soft">{texts.studio.pastNone}</p>}
      {list.items !== null && list.items.length > 0 && (
        <ul class="line-list">
          {list.items.map((livestream) => (
            <PastLine key={livestream.id} livestream={livestream} />
          ))}
        </ul>
      )}
      {list.hasMore && (
        <div>
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </section>
  );
}

/** Keeps what was changed here, so that the list stays where it is. */
function PastLine(props: { livestream: Livestream }) {
  const [changed, setChanged] = useState<Livestream | null>(null);
  const livestream = changed ?? props.livestream;
  const facts = texts.studio.pastFacts(
    formatDateTime(livestream.started_at ?? livestream.created_at),
    formatClock(secondsLive(livestream)),
    livestream.peak,
  );
  return (
    <li class="studio-past">
      <div class="line">
        <span class="grow">
          <span class="line__title">{livestream.title}</span>
          <span class="line__facts faint figures">{facts}</span>
        </span>
        <span class="line__amount">{formatMoney(livestream.gifts_minor, livestream.currency)}</span>
      </div>
      <RecordingControls livestream={livestream} onChanged={setChanged} />
    </li>
  );
}
