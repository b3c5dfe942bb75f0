/** Choosing how, how long and when; the price and the rules said before; then the booking itself, confirmed at once. */
import { useMemo, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { ownZone } from "../../hooks/own_zone";
import { newNonce } from "../../live/nonces";
import type { Consultation, ConsultationType, ReaderProfile, ReaderTimes } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatAppointment, formatMoney, formatShortAppointment } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ChoiceField, SelectField } from "../fields";
import { ProblemNote } from "../notes";
import { PriceSentence } from "../price_sentence";
import { Booked } from "./booked";
import { TimeChoice } from "./time_choice";
import "../../styles/bookings.css";

const TYPES = ["chat", "call", "video"] as const;
const LENGTHS = [15, 30, 45, 60, 90, 120];
const USUAL_MINUTES = 30;

/** What somebody wants to book, with what the server said about the times it was chosen from. */
interface Wish {
  type: ConsultationType;
  minutes: number;
  at: string;
  terms: ReaderTimes;
}

export function BookDialog(props: { reader: ReaderProfile; onClose: () => void }) {
  const { reader } = props;
  const [booked, setBooked] = useState<Consultation | null>(null);
  return (
    <Dialog
      title={booked === null ? texts.bookings.dialogTitle(reader.display_name) : texts.bookings.booked}
      onClose={props.onClose}
    >
      {booked === null ? <Choosing reader={reader} onBooked={setBooked} /> : <Booked booking={booked} />}
    </Dialog>
  );
}

function Choosing(props: { reader: ReaderProfile; onBooked: (booking: Consultation) => void }) {
  const { reader } = props;
  const offered = TYPES.filter((type) => reader.rates[type] !== null);
  const [type, setType] = useState<ConsultationType>(offered[0] ?? "chat");
  const [minutes, setMinutes] = useState(USUAL_MINUTES);
  const [chosen, setChosen] = useState<{ at: string; terms: ReaderTimes } | null>(null);
  const [round, setRound] = useState(0);
  const change = (work: () => void) => {
    setChosen(null);
    work();
  };
  const wish: Wish | null = chosen === null ? null : { type, minutes, ...chosen };
  return (
    <div class="stack">
      {offered.length > 1 && (
        <ChoiceField
          legend={texts.readers.howToTalk}
          name="book-type"
          value={type}
          options={offered.map((one) => ({
            value: one,
            label: texts.readers.types[one],
            hint: texts.readers.perMinute(formatMoney(reader.rates[one]?.rate_per_minute_minor ?? 0, reader.currency)),
          }))}
          onChange={(value) => change(() => setType(value as ConsultationType))}
        />
      )}
      <SelectField
        label={texts.bookings.howLong}
        value={String(minutes)}
        options={LENGTHS.map((length) => ({ value: String(length), label: texts.bookings.minutes(length) }))}
        onChange={(value) => change(() => setMinutes(Number(value)))}
      />
      <p class="faint">{texts.bookings.howLongHint}</p>
      <TimeChoice
        key={`${type}.${minutes}.${round}`}
        reader={reader}
        type={type}
        minutes={minutes}
        chosen={chosen?.at ?? null}
        onChoose={(at, terms) => setChosen({ at, terms })}
        onLeave={() => setChosen(null)}
      />
      <Confirm
        key={wish === null ? "" : `${wish.at}.${type}.${minutes}`}
        reader={reader}
        type={type}
        wish={wish}
        onBooked={props.onBooked}
        onTaken={() => change(() => setRound(round + 1))}
      />
    </div>
  );
}

function Confirm(props: {
  reader: ReaderProfile;
  type: ConsultationType;
  wish: Wish | null;
  onBooked: (booking: Consultation) => void;
  onTaken: () => void;
}) {
  const { reader, wish } = props;
  const { login, site, wallet } = useServices();
  const rate = reader.rates[props.type]?.rate_per_minute_minor ?? 0;
  const ownAddress = encodeURIComponent(`/readers/${reader.id}`);
  const balance = wallet.value.value;
  const minimumMinutes = site.value?.billing.minimum_minutes_to_start ?? 1;
  const isTooLow = balance !== null && balance.balance_minor < rate * minimumMinutes;
  const price = <PriceSentence type={props.type} ratePerMinuteMinor={rate} currency={reader.currency} />;
  if (login.user === null) {
    return (
      <>
        {price}
        <a class="button button--primary button--wide" href={`/login?next=${ownAddress}`}>
          {texts.bookings.logIn}
        </a>
      </>
    );
  }
  if (login.user.role !== "client") return <p class="soft">{texts.bookings.onlyClients}</p>;
  return (
    <>
      {wish !== null && <ChosenTime reader={reader} wish={wish} />}
      {price}
      {wish !== null && <Rules reader={reader} terms={wish.terms} ratePerMinuteMinor={rate} />}
      {isTooLow ? (
        <>
          <p>{texts.readers.tooLow(formatMoney(balance.balance_minor, balance.currency), minimumMinutes)}</p>
          <a class="button button--primary button--wide" href={`/wallet?next=${ownAddress}`}>
            {texts.readers.addMoney}
          </a>
        </>
      ) : (
        <BookButton reader={reader} wish={wish} onBooked={props.onBooked} onTaken={props.onTaken} />
      )}
    </>
  );
}

function ChosenTime(props: { reader: ReaderProfile; wish: Wish }) {
  const { reader, wish } = props;
  const own = formatAppointment(wish.at);
  const theirs = formatAppointment(wish.at, wish.terms.time_zone);
  return (
    <div role="status">
      <p>
        <strong>{texts.bookings.chosen(wish.type, own)}</strong>
      </p>
      {own !== theirs && <p class="faint">{texts.bookings.chosenForReader(reader.display_name, theirs)}</p>}
    </div>
  );
}

function Rules(props: { reader: ReaderProfile; terms: ReaderTimes; ratePerMinuteMinor: number }) {
  const { reader, terms } = props;
  const fee = formatMoney(terms.no_show_minutes * props.ratePerMinuteMinor, reader.currency);
  return (
    <p class="soft">
      {texts.bookings.rule(reader.display_name, Math.round(terms.wait_seconds / 60))}{" "}
      {terms.no_show_minutes > 0 && <strong>{texts.bookings.feeRule(fee)} </strong>}
      {texts.bookings.noFeeRule}
    </p>
  );
}

const TAKEN = ["reader.time_taken", "reader.time_not_offered", "client.time_taken"];

function BookButton(props: {
  reader: ReaderProfile;
  wish: Wish | null;
  onBooked: (booking: Consultation) => void;
  onTaken: () => void;
}) {
  const { reader, wish } = props;
  const { bookings, login, notices, resources } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  // One for each wish: pressing again after a lost answer books nothing twice.
  const key = useMemo(newNonce, []);
  const book = async () => {
    if (wish === null) return;
    setProblem(null);
    try {
      await tellOwnZone();
      const booking = await resources.book(
        { reader_id: reader.id, type: wish.type, scheduled_at: wish.at, minutes: wish.minutes },
        key,
      );
      bookings.hear(booking);
      props.onBooked(booking);
    } catch (error) {
      const failed = asProblem(error);
      if (TAKEN.includes(failed.code)) {
        notices.say(texts.problems.byCode[failed.code as "reader.time_taken"] ?? texts.bookings.taken);
        props.onTaken();
      } else setProblem(failed);
    }
  };
  /** Letters say times by the account's zone; whoever never chose one gets that of their browser. */
  const tellOwnZone = async () => {
    const zone = ownZone();
    if (login.user?.time_zone !== "UTC" || zone === "UTC") return;
    await resources.changeMe({ time_zone: zone }).then(
      (user) => login.changeUser(user),
      () => undefined,
    );
  };
  return (
    <>
      <Button look="primary" isWide isDisabled={wish === null} busyText={texts.bookings.booking} onPress={book}>
        {wish === null
          ? texts.bookings.chooseFirst
          : texts.bookings.confirm(wish.type, formatShortAppointment(wish.at))}
      </Button>
      <ProblemNote problem={problem} />
    </>
  );
}
