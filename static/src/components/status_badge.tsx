/** Whether a reader is free, in words and colour. */
import type { ReaderStatus } from "../protocol";
import { useServices } from "../services";
import { hasTurn } from "../stores/own_queue";
import { texts } from "../texts";

/** With `readerId`: as this visitor may take it, for whom the reader may be kept while they are busy to everybody else. */
export function StatusBadge(props: { status: ReaderStatus; readerId?: string }) {
  const { queue } = useServices();
  const own = props.readerId === undefined ? undefined : queue.find(props.readerId);
  if (own !== undefined && hasTurn(own)) return <span class="status status--online">{texts.queue.freeForYou}</span>;
  return <span class={`status status--${props.status}`}>{texts.readers.statuses[props.status] ?? props.status}</span>;
}
