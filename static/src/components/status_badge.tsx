/** Whether a reader is free, in words and colour. */
import type { ReaderStatus } from "../protocol";
import { texts } from "../texts";

export function StatusBadge(props: { status: ReaderStatus }) {
  return <span class={`status status--${props.status}`}>{texts.readers.statuses[props.status] ?? props.status}</span>;
}
