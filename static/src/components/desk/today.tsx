/** What today brought so far. */
import type { Desk } from "../../protocol";
import { texts } from "../../texts";
import { formatMoney, formatNumber } from "../../texts/formats";

export function Today(props: { desk: Desk }) {
  const { desk } = props;
  const facts = [
    { label: texts.desk.earnedToday, value: formatMoney(desk.earnings_today_minor, desk.currency) },
    { label: texts.desk.minutesToday, value: formatNumber(desk.minutes_today) },
    { label: texts.desk.consultationsToday, value: formatNumber(desk.consultations_today) },
  ];
  return (
    <section class="stack stack--tight">
      <h2 class="desk__label">{texts.desk.today}</h2>
      <div class="card facts">
        {facts.map((fact) => (
          <div key={fact.label}>
            <p class="fact__value">{fact.value}</p>
            <p class="fact__label">{fact.label}</p>
          </div>
        ))}
      </div>
    </section>
  );
}
