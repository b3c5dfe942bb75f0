/** What it will cost, said in full beside the button that starts it, before anything is owed. */
import type { ConsultationType } from "../protocol";
import { minutesPaidBy } from "../rooms/clock";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";

export function PriceSentence(props: { type: ConsultationType; ratePerMinuteMinor: number; currency: string }) {
  const { site, wallet } = useServices();
  const billing = site.value?.billing;
  const balance = wallet.value.value;
  if (billing === undefined) return null;
  const price = texts.readers.price({
    type: props.type,
    rate: formatMoney(props.ratePerMinuteMinor, props.currency),
    minuteSeconds: billing.minute_seconds,
    freeSeconds: billing.free_seconds,
    isSettledBySecond: billing.settlement === "second",
  });
  return (
    <p class="soft">
      {price}
      {balance !== null && balance.balance_minor >= props.ratePerMinuteMinor && (
        <>
          {" "}
          <strong>
            {texts.readers.lasts(
              formatMoney(balance.balance_minor, balance.currency),
              minutesPaidBy(balance.balance_minor, props.ratePerMinuteMinor),
            )}
          </strong>
        </>
      )}
    </p>
  );
}
