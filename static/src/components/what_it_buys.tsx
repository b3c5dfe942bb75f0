/** How many minutes the balance pays with the readers last talked to. */
import { useLoaded } from "../hooks/loading";
import { minutesPaidBy } from "../rooms/clock";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";

const SHOWN_READERS = 2;

export function WhatItBuys(props: { balanceMinor: number; currency: string }) {
  const { resources } = useServices();
  const past = useLoaded(() => resources.listConsultations({}, null), []);
  const free = useLoaded(() => resources.listReaders({ status: "online", sort: "rate" }, null), []);
  const offers = [
    ...(past.value?.items ?? []).map((consultation) => ({
      id: consultation.reader.id,
      name: consultation.reader.display_name,
      rateMinor: consultation.rate_per_minute_minor,
    })),
    ...(free.value?.items ?? []).map((reader) => ({
      id: reader.id,
      name: reader.display_name,
      rateMinor: reader.rates.chat?.rate_per_minute_minor ?? 0,
    })),
  ].filter((offer) => offer.rateMinor > 0 && offer.rateMinor <= props.balanceMinor);
  // Who was talked to last comes first, also when they are free now.
  const shown = offers.filter((offer, index) => offers.findIndex((other) => other.id === offer.id) === index);
  const isKnown = past.value !== null && free.value !== null;
  if (props.balanceMinor === 0 || (isKnown && shown.length === 0))
    return <p class="soft">{texts.money.buysNothingYet}</p>;
  return (
    <ul class="soft">
      {shown.slice(0, SHOWN_READERS).map((offer) => (
        <li key={offer.id}>
          {texts.money.buys(
            minutesPaidBy(props.balanceMinor, offer.rateMinor),
            offer.name,
            texts.readers.perMinute(formatMoney(offer.rateMinor, props.currency)),
          )}
        </li>
      ))}
    </ul>
  );
}
