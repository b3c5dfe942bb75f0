/** One line of the wallet's history; a consultation's line opens its statement, a gift's its receipt. */
import type { TransferView } from "../protocol";
import { texts } from "../texts";
import { formatMoney, formatTime } from "../texts/formats";
import type { TransferGroup } from "../texts/transfer_groups";

export function TransferLine(props: { group: TransferGroup }) {
  const { newest, transfers, amountMinor } = props.group;
  const path = pathOf(newest);
  const isMany = transfers.length > 1;
  const title = texts.money.transferTypes[newest.type];
  const facts = [
    formatTime(newest.created_at),
    isMany ? texts.money.chargeCount(transfers.length) : newest.description,
  ];
  const content = (
    <>
      <span class="grow">
        <span class="line__title">{title}</span>
        <span class="line__facts faint">{facts.filter(Boolean).join(" · ")}</span>
      </span>
      <span class="line__amount">
        <span class={amountMinor > 0 ? "amount--in" : ""}>
          {formatMoney(amountMinor, newest.currency, { isSigned: true })}
        </span>
        <span class="line__facts faint">
          {texts.money.balanceAfter(formatMoney(newest.balance_after_minor, newest.currency))}
        </span>
      </span>
    </>
  );
  if (path === null) return <div class="line">{content}</div>;
  return (
    <a class="line" href={path}>
      {content}
    </a>
  );
}

function pathOf({ reference }: TransferView): string | null {
  if (reference?.kind === "consultation") return `/consultations/${reference.id}`;
  return reference?.kind === "gift" ? `/wallet/gifts/${reference.id}` : null;
}
