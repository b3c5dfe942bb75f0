/** When a reader plans to be free during the next days, in the visitor's own time zone. */
import { useLoaded } from "../hooks/loading";
import type { Availability } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatShortDay, formatTime } from "../texts/formats";

const SHOWN_DAYS = 7;

export function ReaderAvailability(props: { readerId: string }) {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.availability(props.readerId), [props.readerId]);
  if (loaded.value === null) return null;
  const days = hoursByDay(loaded.value);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section class="stack stack--tight">
      <h2>{texts.readers.availability}</h2>
      {days.length === 0 ? (
        <p class="soft">{texts.readers.noAvailability}</p>
      ) : (
        <>
          <table class="rate-table narrow">
            <tbody>
              {days.map(([day, hours]) => (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  <td>{hours.join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="faint">{texts.readers.availabilityZone(zone)}</p>
        </>
      )}
    </section>
  );
}

function hoursByDay(availability: Availability): [string, string[]][] {
  const days = new Map<string, string[]>();
  for (const span of availability.upcoming) {
    const day = formatShortDay(span.starts_at);
    const hours = `${formatTime(span.starts_at)} – ${formatTime(span.ends_at)}`;
    days.set(day, [...(days.get(day) ?? []), hours]);
  }
  return [...days.entries()].slice(0, SHOWN_DAYS);
}
