/** A strip of days with free times, and the times of one of them, on the visitor's own clock. */
import { useState } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import { ownZone } from "../../hooks/own_zone";
import type { ConsultationType, ReaderProfile, ReaderTimes } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatChipDay, formatChipWeekday, formatShortDay } from "../../texts/formats";
import { Button } from "../button";
import { Note, ProblemNote, Skeleton } from "../notes";
import { type BookableDay, type BookableTime, groupByDay } from "./days";

const DAYS_SHOWN = 7;

export function TimeChoice(props: {
  reader: ReaderProfile;
  type: ConsultationType;
  minutes: number;
  chosen: string | null;
  onChoose: (at: string, terms: ReaderTimes) => void;
  onLeave: () => void;
}) {
  const { reader, type, minutes } = props;
  const { resources } = useServices();
  // From where each week began that was looked at, so that one can go back the same way.
  const [weeks, setWeeks] = useState<readonly (string | undefined)[]>([undefined]);
  const [dayKey, setDayKey] = useState<string | null>(null);
  const from = weeks.at(-1);
  const loaded = useLoaded(
    () => resources.readerTimes(reader.id, { type, minutes, from, days: DAYS_SHOWN }),
    [reader.id, type, minutes, from],
  );
  const times = loaded.value;
  const turn = (next: readonly (string | undefined)[]) => {
    props.onLeave();
    setDayKey(null);
    setWeeks(next);
  };
  if (times === null) {
    return loaded.problem === null ? (
      <Skeleton shape="line" count={3} />
    ) : (
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
    );
  }
  const days = groupByDay(times.times);
  const day = days.find((one) => one.key === dayKey) ?? days[0];
  return (
    <div class="stack stack--tight">
      {day === undefined ? (
        <Note>
          <div role="status">
            <p>{texts.bookings.noTimes}</p>
            <p class="faint">{texts.bookings.noTimesLater}</p>
          </div>
        </Note>
      ) : (
        <>
          <DayStrip
            days={days}
            chosen={day.key}
            onChoose={(key) => {
              props.onLeave();
              setDayKey(key);
            }}
          />
          <Times day={day} chosen={props.chosen} onChoose={(at) => props.onChoose(at, times)} />
        </>
      )}
      <div class="row row--apart">
        <Button look="quiet" isDisabled={weeks.length === 1} onPress={() => turn(weeks.slice(0, -1))}>
          {texts.bookings.earlierDays}
        </Button>
        <Button
          look="quiet"
          isDisabled={Date.parse(times.until_at) >= Date.parse(times.bookable_until_at)}
          onPress={() => turn([...weeks, times.until_at])}
        >
          {texts.bookings.laterDays}
        </Button>
      </div>
      <Zones name={reader.display_name} theirs={times.time_zone} />
    </div>
  );
}

function DayStrip(props: { days: readonly BookableDay[]; chosen: string; onChoose: (key: string) => void }) {
  return (
    <fieldset class="field">
      <legend class="field__label">{texts.bookings.day}</legend>
      <div class="day-strip">
        {props.days.map((day) => (
          <label key={day.key} class="choice">
            <input
              type="radio"
              name="book-day"
              value={day.key}
              checked={day.key === props.chosen}
              aria-label={formatShortDay(day.at)}
              onChange={() => props.onChoose(day.key)}
            />
            <span class="choice__face day-chip">
              <span class="faint">{formatChipWeekday(day.at)}</span>
              <span class="choice__title">{formatChipDay(day.at)}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Times(props: { day: BookableDay; chosen: string | null; onChoose: (at: string) => void }) {
  return (
    <fieldset class="field">
      <legend class="field__label">{`${texts.bookings.time}, ${formatShortDay(props.day.at)}`}</legend>
      <div class="time-grid">
        {props.day.times.map((time: BookableTime) => (
          <label key={time.at} class="choice">
            <input
              type="radio"
              name="book-time"
              value={time.at}
              checked={time.at === props.chosen}
              onChange={() => props.onChoose(time.at)}
            />
            <span class="choice__face time-chip figures">{time.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Zones(props: { name: string; theirs: string }) {
  const own = ownZone();
  return (
    <p class="faint">
      {own === props.theirs ? texts.bookings.zones(own) : texts.bookings.zonesDiffer(own, props.name, props.theirs)}
    </p>
  );
}
