/** The hours of a usual week. */
import { Plus, Trash2 } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import type { Availability } from "../../generated/protocol";
import { useLoaded } from "../../hooks/loading";
import { useSaving } from "../../hooks/saving";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { weekdayName } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote, Skeleton } from "../notes";

const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];
type Hours = Availability["weekly"][number];

export function AvailabilityForm() {
  const { resources, login } = useServices();
  const loaded = useLoaded(() => resources.availability(login.user?.id ?? ""), [login.user?.id]);
  return (
    <section class="card stack">
      <h2>{texts.desk.availability}</h2>
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {loaded.value === null && loaded.problem === null && <Skeleton shape="line" count={2} />}
      {loaded.value !== null && <WeekForm availability={loaded.value} />}
    </section>
  );
}

function WeekForm(props: { availability: Availability }) {
  const { resources } = useServices();
  const { availability } = props;
  const zone =
    availability.weekly.length > 0 ? availability.time_zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [weekly, setWeekly] = useState<readonly Hours[]>(availability.weekly);
  useEffect(() => setWeekly(availability.weekly), [availability]);
  const saving = useSaving(() => resources.setAvailability({ ...availability, time_zone: zone, weekly: [...weekly] }));
  const change = (changed: Hours, part: Partial<Hours>) =>
    setWeekly(weekly.map((hours) => (hours === changed ? { ...hours, ...part } : hours)));
  return (
    <form class="stack" onSubmit={saving.submit}>
      <p class="faint">{texts.desk.availabilityHint(zone)}</p>
      <ul class="line-list">
        {WEEKDAYS.map((weekday) => {
          const ofDay = weekly.filter((hours) => hours.weekday === weekday);
          const day = weekdayName(weekday);
          return (
            <li key={weekday} class="week-day">
              <span class="week-day__name">{day}</span>
              <div class="week-day__hours">
                {ofDay.length === 0 && <span class="faint">{texts.desk.none}</span>}
                {ofDay.map((hours, index) => (
                  <div key={index} class="row">
                    <TimeInput
                      label={`${day}, ${texts.desk.from}`}
                      value={hours.starts_at}
                      onChange={(starts_at) => change(hours, { starts_at })}
                    />
                    <span aria-hidden="true">–</span>
                    <TimeInput
                      label={`${day}, ${texts.desk.to}`}
                      value={hours.ends_at}
                      onChange={(ends_at) => change(hours, { ends_at })}
                    />
                    <Button
                      look="quiet"
                      label={`${texts.desk.removeHours}: ${day}`}
                      onPress={() => setWeekly(weekly.filter((other) => other !== hours))}
                    >
                      <Trash2 size={18} />
                    </Button>
                  </div>
                ))}
              </div>
              <Button
                look="quiet"
                label={`${texts.desk.addHours}: ${day}`}
                onPress={() => setWeekly([...weekly, { weekday, starts_at: "18:00", ends_at: "21:00" }])}
              >
                <Plus size={18} />
              </Button>
            </li>
          );
        })}
      </ul>
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}

function TimeInput(props: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <input
      class="input week-day__time"
      type="time"
      required
      aria-label={props.label}
      value={props.value.slice(0, 5)}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
