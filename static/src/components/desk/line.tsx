/** Who waits for the reader, in order, and for whom they are kept. */
import { useEffect } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import { useServerNow } from "../../hooks/server_time";
import type { QueuePlace } from "../../protocol";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Avatar } from "../avatar";
import { TypeIcon } from "../type_icon";

export function Line() {
  const { resources, live } = useServices();
  const line = useLoaded(() => resources.readerQueue(), []);
  useEffect(() => {
    const stops = [
      live.onConnect(() => void line.reload()),
      live.on("queue.line_changed", ({ items, at }) => line.change({ items, at })),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [live, line.reload, line.change]);
  const places = line.value?.items ?? [];
  return (
    <section class="card stack stack--tight" aria-labelledby="line-title">
      <h2 id="line-title">{texts.queue.lineTitle(places.length)}</h2>
      <Kept place={places.find((place) => place.state === "reserved" && place.consultation_id === null)} />
      {places.length === 0 ? (
        <p class="soft">{texts.queue.lineEmpty}</p>
      ) : (
        <ol class="queue-line">
          {places.map((place) => (
            <Place key={place.id} place={place} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Kept(props: { place: QueuePlace | undefined }) {
  const left = secondsUntil(props.place?.reserved_until_at, useServerNow(props.place !== undefined));
  if (props.place === undefined || left === null) return null;
  return (
    <p class="note figures" role="timer" aria-live="off">
      {texts.queue.keptFor(props.place.client.display_name, formatClock(left))}
    </p>
  );
}

const MINUTE_MS = 60_000;

function Place(props: { place: QueuePlace }) {
  const { place } = props;
  const waitedMs = useServerNow() - Date.parse(place.joined_at);
  return (
    <li class="queue-line__place">
      <span class="figures faint">{place.position}</span>
      <Avatar id={place.client.id} name={place.client.display_name} url={place.client.avatar_url} size="small" />
      <span class="grow">
        <span class="line__title">{place.client.display_name}</span>
        <span class="line__facts faint">{facts(place, waitedMs)}</span>
      </span>
      <TypeIcon type={place.type} />
      <span class="for-screen-readers">{texts.readers.types[place.type]}</span>
    </li>
  );
}

function facts(place: QueuePlace, waitedMs: number): string {
  const since = texts.queue.since(Math.floor(waitedMs / MINUTE_MS));
  if (place.consultation_id !== null) return `${since} · ${texts.queue.isAsking}`;
  if (place.state === "reserved") return `${since} · ${texts.queue.hasTurn}`;
  return place.skip_reason === null ? since : `${since} · ${texts.queue.notThere[place.skip_reason]}`;
}
