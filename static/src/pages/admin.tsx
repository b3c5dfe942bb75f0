/** Readers who wait to be verified. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import { AdminTabs } from "../components/admin/admin_tabs";
import { Avatar } from "../components/avatar";
import { Button } from "../components/button";
import { Dialog } from "../components/dialog";
import { TextField } from "../components/fields";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { AdminUser } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDateTime } from "../texts/formats";
import "../styles/studio.css";

export default function AdminPage() {
  usePageTitle(texts.desk.adminTitle);
  return (
    <LoginGate>
      {(user) => (user.role === "admin" ? <UnverifiedReaders /> : <Empty title={texts.desk.adminsOnly} />)}
    </LoginGate>
  );
}

function UnverifiedReaders() {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.listUnverifiedReaders(), []);
  const items = loaded.value?.items;
  return (
    <div class="stack narrow centered">
      <h1>{texts.desk.adminTitle}</h1>
      <AdminTabs />
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {loaded.value === null && loaded.problem === null && <Skeleton shape="line" count={3} />}
      {items?.length === 0 && <Empty title={texts.desk.adminNone} hint={texts.desk.adminNoneHint} />}
      {items !== undefined && items.length > 0 && (
        <ul class="card line-list">
          {items.map((reader) => (
            <ReaderLine key={reader.id} reader={reader} onDone={loaded.reload} />
          ))}
        </ul>
      )}
    </div>
  );
}

function ReaderLine(props: { reader: AdminUser; onDone: () => Promise<void> }) {
  const { reader } = props;
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isRejecting, setRejecting] = useState(false);
  const verify = async () => {
    try {
      await resources.verifyReader(reader.id);
      notices.say(texts.desk.verified(reader.display_name));
      await props.onDone();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <li>
      <div class="line row">
        <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="small" />
        <span class="grow">
          <span class="line__title">{reader.display_name}</span>
          <span class="line__facts faint">
            {reader.email} · {texts.desk.since(formatDateTime(reader.created_at))}
          </span>
        </span>
        <Button onPress={verify}>{texts.desk.verify}</Button>
        <Button look="quiet" onPress={() => setRejecting(true)}>
          {texts.desk.reject}
        </Button>
      </div>
      <ProblemNote problem={problem} />
      {isRejecting && <RejectDialog {...props} onClose={() => setRejecting(false)} />}
    </li>
  );
}

function RejectDialog(props: { reader: AdminUser; onDone: () => Promise<void>; onClose: () => void }) {
  const { resources, notices } = useServices();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const reject = async () => {
    try {
      await resources.rejectReader(props.reader.id, reason.trim());
      notices.say(texts.desk.rejected(props.reader.display_name));
      props.onClose();
      await props.onDone();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.desk.rejectTitle(props.reader.display_name)} onClose={props.onClose}>
      <div class="stack">
        <TextField label={texts.desk.rejectReason} isMultiline value={reason} onInput={setReason} maxLength={500} />
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" isDisabled={reason.trim() === ""} onPress={reject}>
            {texts.desk.reject}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
