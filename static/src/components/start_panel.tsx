/** How to talk, what it costs, the price in a sentence, and the one button that asks for a consultation. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { newNonce } from "../live/nonces";
import type { ConsultationType, ReaderProfile } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";
import { Button } from "./button";
import { Note, ProblemNote } from "./notes";
import { PriceSentence } from "./price_sentence";
import { JoinLine, OwnPlace } from "./queue/waiting_panel";
import { TypeIcon } from "./type_icon";

const TYPES = ["chat", "call", "video"] as const;

/** `next`: where a login or added money leads back to; else the reader's page. */
export function StartPanel(props: { reader: ReaderProfile; next?: string }) {
  const { reader } = props;
  const { liveConsultation } = useServices();
  const [chosen, setChosen] = useState<ConsultationType | null>(null);
  const offered = TYPES.filter((type) => reader.rates[type] !== null);
  // A rate that is taken back while somebody reads takes its choice along.
  const type = offered.find((one) => one === chosen) ?? offered[0];
  const live = liveConsultation.value.value;
  return (
    <section class="card stack">
      <TypeChoice reader={reader} type={type} onChange={setChosen} />
      {live !== null ? (
        <a class="button button--primary button--wide" href={`/room/${live.id}`}>
          {texts.shell.backToRoom}
        </a>
      ) : (
        type !== undefined && <Start reader={reader} type={type} next={props.next ?? `/readers/${reader.id}`} />
      )}
    </section>
  );
}

function TypeChoice(props: {
  reader: ReaderProfile;
  type: ConsultationType | undefined;
  onChange: (type: ConsultationType) => void;
}) {
  const { reader } = props;
  return (
    <fieldset class="field">
      <legend class="field__label">{texts.readers.howToTalk}</legend>
      <div class="type-choices">
        {TYPES.map((type) => {
          const rate = reader.rates[type];
          return (
            <label key={type} class={`choice${rate === null ? " choice--off" : ""}`}>
              <input
                type="radio"
                name="type"
                value={type}
                checked={type === props.type}
                disabled={rate === null}
                onChange={() => props.onChange(type)}
              />
              <span class="choice__face type-choice">
                <TypeIcon type={type} />
                <span class="choice__title">{texts.readers.types[type]}</span>
                <span class="type-choice__rate figures">
                  {rate === null
                    ? texts.readers.notOffered
                    : texts.readers.perMinuteLong(formatMoney(rate.rate_per_minute_minor, reader.currency))}
                </span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function Start(props: { reader: ReaderProfile; type: ConsultationType; next: string }) {
  const { reader, type } = props;
  const { login, site, wallet, mediaSupport, queue } = useServices();
  const rate = reader.rates[type]?.rate_per_minute_minor ?? 0;
  const price = <PriceSentence type={type} ratePerMinuteMinor={rate} currency={reader.currency} />;
  const ownAddress = encodeURIComponent(props.next);
  if (login.user === null) {
    return (
      <>
        {price}
        <a class="button button--primary button--wide" href={`/login?next=${ownAddress}`}>
          {texts.readers.logInToStart}
        </a>
      </>
    );
  }
  if (login.user.role !== "client") return <p class="soft">{texts.readers.readersCannotStart}</p>;
  const own = queue.find(reader.id);
  if (own !== undefined) {
    return (
      <>
        {price}
        <OwnPlace entry={own} type={type} />
      </>
    );
  }
  if (type !== "chat" && mediaSupport !== "ok") {
    return (
      <Note tone="warning">
        <p>{texts.calls.unsupported[mediaSupport]}</p>
      </Note>
    );
  }
  const balance = wallet.value.value;
  const minimumMinutes = site.value?.billing.minimum_minutes_to_start ?? 1;
  const isTooLow = balance !== null && balance.balance_minor < rate * minimumMinutes;
  return (
    <>
      {price}
      {isTooLow ? (
        <>
          <p>{texts.readers.tooLow(formatMoney(balance.balance_minor, balance.currency), minimumMinutes)}</p>
          <a class="button button--primary button--wide" href={`/wallet?next=${ownAddress}`}>
            {texts.readers.addMoney}
          </a>
        </>
      ) : reader.status === "busy" ? (
        <JoinLine reader={reader} type={type} />
      ) : (
        <StartButton reader={reader} type={type} ratePerMinuteMinor={rate} />
      )}
    </>
  );
}

function StartButton(props: { reader: ReaderProfile; type: ConsultationType; ratePerMinuteMinor: number }) {
  const { reader, type } = props;
  const { live, liveConsultation } = useServices();
  const { route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const isFree = reader.status === "online";
  const start = async () => {
    setProblem(null);
    try {
      const { consultation } = await live.send("consultation.request", {
        reader_id: reader.id,
        type,
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
        {texts.readers.start[type](formatMoney(props.ratePerMinuteMinor, reader.currency))}
      </Button>
      {!isFree && <p class="soft">{texts.readers.notFree(reader.display_name)}</p>}
      <ProblemNote problem={problem} />
    </>
  );
}
