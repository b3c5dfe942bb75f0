/** Livestreams that were announced: said, changed, cancelled, begun. */
import { CalendarPlus } from "lucide-preact";
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Loaded } from "../../hooks/loading";
import { useOwnDetails } from "../../hooks/own_details";
import { ownZone } from "../../hooks/own_zone";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatShortAppointment } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { TextField } from "../fields";
import { ProblemNote, Skeleton } from "../notes";
import { DetailsForm } from "./details_form";

export type LivestreamList = Pick<Loaded<{ items: Livestream[] }>, "value" | "problem" | "reload">;

export function Schedule(props: { coming: LivestreamList; last: Livestream | null; canGoLive: boolean }) {
  const { coming } = props;
  const [edited, setEdited] = useState<Livestream | "new" | null>(null);
  const items = coming.value?.items.filter(({ scheduled_at }) => scheduled_at !== null);
  return (
    <section class="card stack stack--tight" aria-labelledby="coming-title">
      <div class="row row--apart">
        <h2 id="coming-title">{texts.studio.comingTitle}</h2>
        <Button onPress={() => setEdited("new")}>
          <CalendarPlus size={18} aria-hidden="true" />
          {texts.studio.schedule}
        </Button>
      </div>
      <ProblemNote problem={coming.problem} onRetry={coming.reload} />
      {coming.value === null && coming.problem === null && <Skeleton shape="line" />}
      {items?.length === 0 && <p class="soft">{texts.studio.comingNone}</p>}
      {items !== undefined && items.length > 0 && (
        <ul class="line-list">
          {items.map((livestream) => (
            <ComingLine key={livestream.id} {...props} livestream={livestream} onEdit={() => setEdited(livestream)} />
          ))}
        </ul>
      )}
      {edited !== null && (
        <AnnounceDialog
          livestream={edited === "new" ? null : edited}
          last={props.last}
          onSaved={coming.reload}
          onClose={() => setEdited(null)}
        />
      )}
    </section>
  );
}

function ComingLine(props: { livestream: Livestream; coming: LivestreamList; canGoLive: boolean; onEdit: () => void }) {
  const { livestream } = props;
  const [isCancelling, setCancelling] = useState(false);
  return (
    <li>
      <div class="line row">
        <span class="grow">
          <span class="line__title">{livestream.title}</span>
          <span class="line__facts faint">{formatShortAppointment(livestream.scheduled_at ?? "")}</span>
        </span>
        {props.canGoLive && (
          <a class="button button--primary" href={`/studio?livestream=${livestream.id}`}>
            {texts.studio.goLive}
          </a>
        )}
        <Button onPress={props.onEdit}>{texts.studio.edit}</Button>
        <Button look="quiet" onPress={() => setCancelling(true)}>
          {texts.studio.cancelLivestream}
        </Button>
      </div>
      {isCancelling && (
        <CancelDialog livestream={livestream} onDone={props.coming.reload} onClose={() => setCancelling(false)} />
      )}
    </li>
  );
}

function AnnounceDialog(props: {
  livestream: Livestream | null;
  last: Livestream | null;
  onSaved: () => Promise<void>;
  onClose: () => void;
}) {
  const { resources, notices } = useServices();
  const details = useOwnDetails(props.livestream, props.last, { isAnnounced: true });
  const [problem, setProblem] = useState<Problem | null>(null);
  const { typed, mistakes } = details;
  const save = async (event: Event) => {
    event.preventDefault();
    setProblem(null);
    const body = details.check();
    if (body === null) return;
    try {
      if (props.livestream === null) await resources.createLivestream(body);
      else await resources.changeLivestream(props.livestream.id, body);
      notices.say(props.livestream === null ? texts.studio.scheduled : texts.shell.saved);
      props.onClose();
      await props.onSaved();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog
      title={props.livestream === null ? texts.studio.scheduleTitle : texts.studio.editTitle}
      onClose={props.onClose}
    >
      <form class="stack" noValidate onSubmit={(event) => void save(event)}>
        <DetailsForm
          typed={typed}
          mistakes={mistakes}
          problem={problem}
          categories={details.categories}
          coverUrl={props.livestream?.cover_url ?? null}
          onChange={details.change}
        >
          <TextField
            label={texts.studio.when}
            type="datetime-local"
            value={typed.when}
            onInput={(when) => details.change({ ...typed, when })}
            hint={texts.studio.whenHint(ownZone())}
            problem={mistakes.includes("when") ? texts.studio.whenNeeded : problem?.fieldMessage("scheduled_at")}
          />
        </DetailsForm>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="primary" type="submit" busyText={texts.shell.working}>
            {props.livestream === null ? texts.studio.scheduleSave : texts.shell.save}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function CancelDialog(props: { livestream: Livestream; onDone: () => Promise<void>; onClose: () => void }) {
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const cancel = async () => {
    setProblem(null);
    try {
      await resources.cancelLivestream(props.livestream.id);
      notices.say(texts.studio.cancelled);
      props.onClose();
      await props.onDone();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.cancelTitle(props.livestream.title)} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.studio.cancelHint}</p>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" busyText={texts.shell.working} onPress={cancel}>
            {texts.studio.cancelNow}
          </Button>
          <Button onPress={props.onClose}>{texts.studio.keep}</Button>
        </div>
      </div>
    </Dialog>
  );
}
