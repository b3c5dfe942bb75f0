/** Viewers, gifts and the goal of a livestream that goes on. */
import { useEffect, useState } from "preact/hooks";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney, formatNumber } from "../../texts/formats";
import { GiftGoalBar } from "../gifts/top_senders";

const ASK_AFTER_MS = 300;

export function LiveFigures({ livestream }: { livestream: Livestream }) {
  const { viewer_count, peak, currency, gift_goal: goal } = livestream;
  const earned = useEarned(livestream);
  const facts = [
    { label: texts.studio.watching, value: formatNumber(viewer_count) },
    { label: texts.studio.peak, value: formatNumber(peak) },
    earnedFact(earned, currency),
  ];
  return (
    <section class="card stack stack--tight" aria-label={texts.studio.figures}>
      <div class="facts">
        {facts.map((fact) => (
          <div key={fact.label}>
            <p class="fact__value">{fact.value}</p>
            <p class="fact__label">{fact.label}</p>
          </div>
        ))}
      </div>
      {goal !== null && <GiftGoalBar goal={goal} currency={currency} />}
    </section>
  );
}

/** The reader's part of what was given, asked for again whenever something is; null until it is known. */
export function useEarned({ id, gifts_minor }: Livestream): number | null {
  const { resources } = useServices();
  const [earned, setEarned] = useState<number | null>(null);
  useEffect(() => {
    let isOld = false;
    const ask = async () => {
      const answer = await resources.livestreamEarnings(id).catch(() => null);
      if (!isOld && answer !== null) setEarned(answer.earned_minor);
    };
    // A shower of gifts is one question.
    const timer = setTimeout(() => void ask(), ASK_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [id, gifts_minor]);
  return earned;
}

export function earnedFact(earnedMinor: number | null, currency: string): { label: string; value: string } {
  return { label: texts.studio.earned, value: earnedMinor === null ? "…" : formatMoney(earnedMinor, currency) };
}
