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

/** The line as it is now; null until it is known. */
export function useLine(): readonly QueuePlace[] | null {
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
  return line.value?.items ?? null;
}

export function Line(props: { places: readonly QueuePlace[] }) {
  return (
    <section class="card stack stack--tight" aria-labelledby="line-title">
      <h2 id="line-title">{texts.queue.lineTitle(props.places.length)}</h2>
      {props.places.length === 0 ? <p class="soft">{texts.queue.lineEmpty}</p> : <Places places={props.places} />}
    </section>
  );
}

export function Places(props: { places: readonly QueuePlace[] }) {
  return (
    <ol class="queue-line">
      {props.places.map((place) => (
        <Place key={place.id} place={place} />
      ))}
    </ol>
  );
}

/** Whose turn it is while they have not asked yet; where a request would stand. */
export function Kept(props: { place: QueuePlace }) {
  const { place } = props;
  const left = secondsUntil(place.reserved_until_at, useServerNow()) ?? 0;
  return (
    <section class="card desk__waiting">
      <h2>{texts.queue.keptTitle(place.client.display_name)}</h2>
      <p class="soft figures" role="timer" aria-live="off">
        {texts.queue.keptFor(formatClock(left))}
      </p>
    </section>
  );
}

export function findKept(places: readonly QueuePlace[]): QueuePlace | undefined {
  return places.find((place) => place.state === "reserved" && place.consultation_id === null);
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
