/** The hours of a usual week. */
import { Plus, Trash2 } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import { useSaving } from "../../hooks/saving";
import type { Availability, WindowView } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { weekdayName } from "../../texts/formats";
import { Button } from "../button";
import { Note, ProblemNote, Skeleton } from "../notes";

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0];

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
  const isNew = availability.windows.length === 0;
  const zone = isNew ? Intl.DateTimeFormat().resolvedOptions().timeZone : availability.time_zone;
  // Windows of single days are kept as they are.
  const [windows, setWindows] = useState<readonly WindowView[]>(availability.windows);
  useEffect(() => setWindows(availability.windows), [availability]);
  const saving = useSaving(() => resources.setAvailability({ time_zone: zone, windows: [...windows] }));
  const change = (changed: WindowView, part: Partial<WindowView>) =>
    setWindows(windows.map((window) => (window === changed ? { ...window, ...part } : window)));
  return (
    <form class="stack" onSubmit={saving.submit}>
      <p class="faint">{texts.desk.availabilityHint(zone)}</p>
      <ul class="line-list">
        {WEEKDAYS.map((weekday) => (
          <DayHours
            key={weekday}
            weekday={weekday}
            windows={windows.filter((window) => window.day_of_week === weekday)}
            onChange={change}
            onRemove={(removed) => setWindows(windows.filter((window) => window !== removed))}
            onAdd={() => setWindows([...windows, newWindow(weekday)])}
          />
        ))}
      </ul>
      {saving.problem?.status === 422 ? (
        <div role="alert">
          <Note tone="danger">{texts.desk.hoursProblem}</Note>
        </div>
      ) : (
        <ProblemNote problem={saving.problem} />
      )}
      <div>
        <Button type="submit" isBusy={saving.isBusy} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}

function DayHours(props: {
  weekday: number;
  windows: readonly WindowView[];
  onChange: (window: WindowView, part: Partial<WindowView>) => void;
  onRemove: (window: WindowView) => void;
  onAdd: () => void;
}) {
  const day = weekdayName(props.weekday);
  return (
    <li class="week-day">
      <span class="week-day__name">{day}</span>
      <div class="week-day__hours">
        {props.windows.length === 0 && <span class="faint">{texts.desk.none}</span>}
        {props.windows.map((window, index) => (
          <div key={index} class="row">
            <TimeInput
              label={`${day}, ${texts.desk.from}`}
              value={window.start_time}
              onChange={(start_time) => props.onChange(window, { start_time })}
            />
            <span aria-hidden="true">–</span>
            <TimeInput
              label={`${day}, ${texts.desk.to}`}
              value={window.end_time}
              onChange={(end_time) => props.onChange(window, { end_time })}
            />
            <Button look="quiet" label={`${texts.desk.removeHours}: ${day}`} onPress={() => props.onRemove(window)}>
              <Trash2 size={18} />
            </Button>
          </div>
        ))}
      </div>
      <Button look="quiet" label={`${texts.desk.addHours}: ${day}`} onPress={props.onAdd}>
        <Plus size={18} />
      </Button>
    </li>
  );
}

function newWindow(weekday: number): WindowView {
  return { day_of_week: weekday, specific_date: null, start_time: "18:00", end_time: "21:00" };
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
