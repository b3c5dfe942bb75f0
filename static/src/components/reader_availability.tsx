/** When a reader is usually free, in the visitor's own time zone. */
import { useLoaded } from "../hooks/loading";
import { useServices } from "../services";
import { texts } from "../texts";
import { weekdayName } from "../texts/formats";
import { localHours } from "../texts/time_zones";

export function ReaderAvailability(props: { readerId: string }) {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.availability(props.readerId), [props.readerId]);
  if (loaded.value === null) return null;
  const hours = localHours(loaded.value.weekly, loaded.value.time_zone);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section class="stack stack--tight">
      <h2>{texts.readers.availability}</h2>
      {hours.length === 0 ? (
        <p class="soft">{texts.readers.noAvailability}</p>
      ) : (
        <>
          <table class="rate-table narrow">
            <tbody>
              {hours.map((day) => (
                <tr key={day.weekday}>
                  <th scope="row">{weekdayName(day.weekday)}</th>
                  <td>{day.spans.join(", ")}</td>
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
