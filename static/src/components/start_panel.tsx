/** Rates, the price in a sentence, and the one button that asks for a consultation. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { newNonce } from "../live/nonces";
import type { ReaderProfile } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";
import { Button } from "./button";
import { ProblemNote } from "./notes";
import { PriceSentence } from "./price_sentence";

const TYPES = ["chat", "call", "video"] as const;

export function StartPanel(props: { reader: ReaderProfile }) {
  const { reader } = props;
  return (
    <section class="card stack">
      <table class="rate-table">
        <caption class="for-screen-readers">{texts.readers.rates}</caption>
        <tbody>
          {TYPES.map((type) => {
            const rate = reader.rates[type];
            return (
              <tr key={type}>
                <th scope="row">{texts.readers.types[type]}</th>
                <td>
                  {rate === null
                    ? texts.readers.notOffered
                    : texts.readers.perMinuteLong(formatMoney(rate.rate_per_minute_minor, reader.currency))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <StartChat reader={reader} />
      <p class="faint">{texts.readers.chatOnly}</p>
    </section>
  );
}

function StartChat(props: { reader: ReaderProfile }) {
  const { reader } = props;
  const { login, liveConsultation, site, wallet } = useServices();
  const rate = reader.rates.chat?.rate_per_minute_minor;
  const live = liveConsultation.value.value;
  if (rate === undefined) return null;
  if (live !== null) {
    return (
      <a class="button button--primary button--wide" href={`/room/${live.id}`}>
        {texts.shell.backToRoom}
      </a>
    );
  }
  if (login.user === null) {
    return (
      <>
        <PriceSentence ratePerMinuteMinor={rate} currency={reader.currency} />
        <a
          class="button button--primary button--wide"
          href={`/login?next=${encodeURIComponent(`/readers/${reader.id}`)}`}
        >
          {texts.readers.logInToStart}
        </a>
      </>
    );
  }
  if (login.user.role !== "client") return <p class="soft">{texts.readers.readersCannotStart}</p>;
  const balance = wallet.value.value;
  const minimumMinutes = site.value?.billing.minimum_minutes_to_start ?? 1;
  const isTooLow = balance !== null && balance.balance_minor < rate * minimumMinutes;
  return (
    <>
      <PriceSentence ratePerMinuteMinor={rate} currency={reader.currency} />
      {isTooLow ? (
        <>
          <p>{texts.readers.tooLow(formatMoney(balance.balance_minor, balance.currency), minimumMinutes)}</p>
          <a
            class="button button--primary button--wide"
            href={`/wallet?next=${encodeURIComponent(`/readers/${reader.id}`)}`}
          >
            {texts.readers.addMoney}
          </a>
        </>
      ) : (
        <StartButton reader={reader} ratePerMinuteMinor={rate} />
      )}
    </>
  );
}

function StartButton(props: { reader: ReaderProfile; ratePerMinuteMinor: number }) {
  const { reader } = props;
  const { live, liveConsultation } = useServices();
  const { route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const isFree = reader.status === "online";
  const start = async () => {
    setProblem(null);
    try {
      const { consultation } = await live.send("consultation.request", {
        reader_id: reader.id,
        type: "chat",
        nonce: newNonce(),
      });
      liveConsultation.hear(consultation);
      route(`/room/${consultation.id}`);
    } catch (error) {
      setProblem(asProblem(error));
      await liveConsultation.reload();
    }
  };
  return (
    <>
      <Button look="primary" isWide busyText={texts.readers.ringing} isDisabled={!isFree} onPress={start}>
        {texts.readers.startChat(formatMoney(props.ratePerMinuteMinor, reader.currency))}
      </Button>
      {!isFree && <p class="soft">{texts.readers.notFree(reader.display_name)}</p>}
      <ProblemNote problem={problem} />
    </>
  );
}
