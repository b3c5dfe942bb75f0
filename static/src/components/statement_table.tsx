/** The lines of a statement: when, what, and how much. */
import type { Statement, StatementLine } from "../protocol";
import { texts } from "../texts";
import { formatClock, formatExactTime, formatMoney } from "../texts/formats";

export function StatementTable(props: { statement: Statement; isClient: boolean }) {
  const { lines, currency, consultation } = props.statement;
  const totalMinor = props.isClient ? props.statement.total_cost_minor : (consultation.earnings_minor ?? 0);
  if (lines.length === 0) return <p class="soft">{texts.money.noLines}</p>;
  return (
    <table class="statement">
      <thead>
        <tr>
          <th scope="col">{texts.money.time}</th>
          <th scope="col">{texts.money.what}</th>
          <th scope="col" class="statement__amount">
            {texts.money.amount}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          <tr key={line.transfer_id ?? `${line.kind}-${index}`} class={`statement__line--${line.kind}`}>
            <td class="figures">
              <time dateTime={line.at}>{formatExactTime(line.at)}</time>
            </td>
            <td>
              {lineTitle(line)}
              {isExplaining(line) && <span class="line__facts faint">{line.description}</span>}
            </td>
            <td class="statement__amount figures">{lineAmount(line, currency, props.isClient)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {texts.money.total}
          </th>
          <td class="statement__amount figures">{formatMoney(totalMinor, currency)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

/** A charge and the end say all in their own words; the others have a word of ours first. */
function lineTitle(line: StatementLine): string {
  if (line.kind === "charge" || line.kind === "end") return line.description;
  if (line.kind === "mode") return texts.money.modeLines[line.reason ?? ""] ?? line.description;
  const title = texts.money.statementKinds[line.kind] ?? line.kind;
  const isLong = line.kind === "pause" && line.seconds !== null && line.seconds >= 1;
  return isLong ? `${title} ${texts.money.forSeconds(formatClock(line.seconds ?? 0))}` : title;
}

function isExplaining(line: StatementLine): boolean {
  return line.kind === "pause" || line.kind === "refund" || line.kind === "fee";
}

/** What it cost the client, or what it earned the reader: a charge adds, a refund takes away. */
function lineAmount(line: StatementLine, currency: string, isClient: boolean): string {
  const amountMinor = isClient ? line.amount_minor : line.earned_minor;
  return amountMinor === null ? "" : formatMoney(amountMinor, currency);
}
