/** Viewers, gifts and the goal of a livestream that goes on. */
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { formatMoney, formatNumber } from "../../texts/formats";

export function LiveFigures({ livestream }: { livestream: Livestream }) {
  const { viewer_count, peak, currency, gift_goal: goal } = livestream;
  const facts = [
    { label: texts.studio.watching, value: formatNumber(viewer_count) },
    { label: texts.studio.peak, value: formatNumber(peak) },
    giftsFact(livestream),
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
      {goal !== null && (
        <div class="stack stack--tight">
          <p class="row row--apart">
            <span class="studio-goal__title">{goal.title}</span>
            <span class="figures soft">
              {texts.studio.goalReached(
                formatMoney(goal.reached_minor, currency),
                formatMoney(goal.goal_minor, currency),
              )}
            </span>
          </p>
          <progress
            class="studio-goal"
            max={goal.goal_minor}
            value={Math.min(goal.reached_minor, goal.goal_minor)}
            aria-label={goal.title}
          />
        </div>
      )}
    </section>
  );
}

/** The reader's part of what was given. */
export function giftsFact({ gifts_minor, currency }: Livestream): { label: string; value: string } {
  return { label: texts.studio.gifts, value: formatMoney(gifts_minor, currency) };
}
