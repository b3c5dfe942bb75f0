/** From the livestream to a consultation: the reader's rates and the way into their line, without leaving the picture. */
import { MessagesSquare } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import { useReaderStatuses } from "../../hooks/reader_statuses";
import type { Person } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Dialog } from "../dialog";
import { ProblemNote, Skeleton } from "../notes";
import { StartPanel } from "../start_panel";
import "../../styles/directory.css";
import "../../styles/queue.css";

export function AskPrivately(props: { reader: Person }) {
  const { login } = useServices();
  const [isOpen, setOpen] = useState(false);
  if (login.user !== null && login.user.role !== "client") return null;
  return (
    <>
      <button type="button" class="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <MessagesSquare size={18} aria-hidden="true" />
        {texts.livestreams.askPrivate}
      </button>
      {isOpen && <PrivateDialog reader={props.reader} onClose={() => setOpen(false)} />}
    </>
  );
}

function PrivateDialog(props: { reader: Person; onClose: () => void }) {
  const { id, display_name: name } = props.reader;
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.reader(id), [id]);
  const statuses = useReaderStatuses(loaded.reload);
  const reader = loaded.value === null ? null : { ...loaded.value, ...statuses[id] };
  return (
    <Dialog title={texts.livestreams.askPrivateTitle(name)} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.livestreams.askPrivateHint(name)}</p>
        <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
        {reader === null && loaded.problem === null && <Skeleton shape="card" />}
        {reader !== null && <StartPanel reader={reader} next={location.pathname} />}
      </div>
    </Dialog>
  );
}
