/** Who gave most in a livestream, and to its reader ever; and how far the reader's goal is. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import type { GiftGoal, Livestream, TopSender } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Avatar } from "../avatar";
import { ChoiceField } from "../fields";
import { ProblemNote, Skeleton } from "../notes";
import "../../styles/gifts.css";

type Span = "now" | "this" | "all";

/** How often "now" is asked for again. */
const NOW_EVERY_MS = 20_000;

export interface TopSendersProps {
  livestream: Pick<Livestream, "id" | "status" | "reader" | "currency">;
  /** Of this livestream, as they were told. */
  topSenders: readonly TopSender[];
}

export function TopSenders(props: TopSendersProps) {
  const [span, setSpan] = useState<Span>("this");
  return (
    <section class="top-senders stack stack--tight" aria-label={texts.gifts.topSenders}>
      <ChoiceField
        legend={texts.gifts.topSenders}
        name="top-senders"
        value={span}
        options={[
          ...(props.livestream.status === "live" ? [{ value: "now", label: texts.gifts.topNow }] : []),
          { value: "this", label: texts.gifts.topThis },
          { value: "all", label: texts.gifts.topAll },
        ]}
        onChange={(value) => setSpan(value as Span)}
      />
      {span === "this" ? (
        <Ranking topSenders={props.topSenders} currency={props.livestream.currency} />
      ) : (
        <Asked key={span} {...props} span={span} />
      )}
    </section>
  );
}

function Asked(props: TopSendersProps & { span: "now" | "all" }) {
  const { resources } = useServices();
  const { livestream, span, topSenders } = props;
  const loaded = useLoaded(
    () =>
      span === "now" ? resources.topSenders(livestream.id, "now") : resources.topSendersOfReader(livestream.reader.id),
    [livestream.id, span],
  );
  useEffect(() => {
    const timer = setInterval(() => void loaded.reload(), NOW_EVERY_MS);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  const isFirst = useRef(true);
  useEffect(() => {
    // Somebody gave something.
    if (!isFirst.current) void loaded.reload();
    isFirst.current = false;
  }, [topSenders]);
  if (loaded.value === null && loaded.problem === null) return <Skeleton shape="line" />;
  if (loaded.value === null) return <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />;
  return <Ranking topSenders={loaded.value.items} currency={livestream.currency} />;
}

function Ranking(props: { topSenders: readonly TopSender[]; currency: string }) {
  if (props.topSenders.length === 0) {
    return (
      <p class="soft">
        {texts.gifts.topNone} {texts.gifts.topNoneHint}
      </p>
    );
  }
  return (
    <ol class="top-senders__list">
      {props.topSenders.map(({ user, total_minor }) => (
        <li key={user.id} class="top-senders__one">
          <Avatar id={user.id} name={user.display_name} url={user.avatar_url} size="small" />
          <span class="grow name">{user.display_name}</span>
          <span class="figures">{formatMoney(total_minor, props.currency)}</span>
        </li>
      ))}
    </ol>
  );
}

export function GiftGoalBar(props: { goal: GiftGoal; currency: string }) {
  const { goal, currency } = props;
  const { reached_minor: reached, goal_minor: wanted } = goal;
  const isReached = reached >= wanted;
  const text = texts.gifts.goalReached(formatMoney(reached, currency), formatMoney(wanted, currency));
  return (
    <div class="gift-goal">
      <div class="gift-goal__words">
        <span class="gift-goal__title">{goal.title}</span>
        <span class="figures">{isReached ? `${text} · ${texts.gifts.goalDone}` : text}</span>
      </div>
      <div
        class="gift-goal__bar"
        role="progressbar"
        aria-label={`${texts.gifts.goal}: ${goal.title}`}
        aria-valuemin={0}
        aria-valuemax={wanted}
        aria-valuenow={Math.min(reached, wanted)}
        aria-valuetext={text}
      >
        <div class="gift-goal__reached" style={{ width: `${Math.min(100, (reached / wanted) * 100)}%` }} />
      </div>
    </div>
  );
}
