/** Who helps the reader to keep order, and who is kept out of all of their livestreams. */
import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useLoaded, usePagedList } from "../../hooks/loading";
import type { Person } from "../../livestreams/protocol";
import type { ListedSanctionView } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatShortAppointment } from "../../texts/formats";
import { Avatar } from "../avatar";
import { Button } from "../button";
import { ProblemNote, Skeleton } from "../notes";

export function Moderators() {
  const { resources, live } = useServices();
  const list = useLoaded(() => resources.ownModerators(), []);
  const items = list.value?.items;
  useEffect(() => live.on("livestream.moderator_set", () => void list.reload()), [live, list.reload]);
  return (
    <section class="stack stack--tight" aria-labelledby="moderators-title">
      <h3 id="moderators-title">{texts.studio.moderators}</h3>
      <p class="field__hint">{texts.studio.moderatorsHint}</p>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {items === undefined && list.problem === null && <Skeleton shape="line" />}
      {items?.length === 0 && <p class="soft">{texts.studio.moderatorsNone}</p>}
      {items !== undefined && items.length > 0 && (
        <ul class="line-list">
          {items.map((person) => (
            <PersonLine
              key={person.id}
              person={person}
              facts=""
              act={texts.studio.dismiss}
              onAct={async () => {
                await resources.removeModerator(person.id);
                await list.reload();
              }}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

export function Sanctions() {
  const { resources } = useServices();
  const list = usePagedList((cursor) => resources.ownSanctions(cursor), []);
  return (
    <section class="stack stack--tight" aria-labelledby="sanctions-title">
      <h3 id="sanctions-title">{texts.studio.sanctions}</h3>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items === null && list.problem === null && <Skeleton shape="line" />}
      {list.items?.length === 0 && <p class="soft">{texts.studio.sanctionsNone}</p>}
      {list.items !== null && list.items.length > 0 && (
        <ul class="line-list">
          {list.items.map((sanction) => (
            <PersonLine
              key={sanction.user.id}
              person={sanction.user}
              facts={factsOf(sanction)}
              act={texts.studio.lift}
              onAct={async () => {
                await resources.liftSanction(sanction.user.id);
                await list.reload();
              }}
            />
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

function factsOf({ kind, until_at, reason, imposed_by_name }: ListedSanctionView): string {
  const until =
    until_at === null ? texts.studio.sanctionForGood : texts.studio.sanctionUntil(formatShortAppointment(until_at));
  return [`${texts.studio.sanctionOf[kind]} ${until}`, texts.studio.sanctionBy(imposed_by_name), reason]
    .filter(Boolean)
    .join(" · ");
}

function PersonLine(props: { person: Person; facts: string; act: string; onAct: () => Promise<void> }) {
  const { person } = props;
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = async () => {
    setProblem(null);
    try {
      await props.onAct();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <li>
      <div class="line row">
        <Avatar id={person.id} name={person.display_name} url={person.avatar_url} size="small" />
        <span class="grow">
          <span class="line__title">{person.display_name}</span>
          {props.facts !== "" && <span class="line__facts faint">{props.facts}</span>}
        </span>
        <Button onPress={act}>{props.act}</Button>
      </div>
      <ProblemNote problem={problem} />
    </li>
  );
}
