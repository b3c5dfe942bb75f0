/** What is said of a livestream, and its gift goal, while it goes on. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useOwnDetails } from "../../hooks/own_details";
import type { Livestream } from "../../livestreams/protocol";
import type { LivestreamDraft, LivestreamPatch } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";
import { DetailsForm } from "./details_form";

export function ChangeDialog(props: { livestream: Livestream; onClose: () => void }) {
  const { livestream } = props;
  const { resources, ownLivestream, notices } = useServices();
  const details = useOwnDetails(livestream, null, { isAnnounced: false });
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (event: Event) => {
    event.preventDefault();
    setProblem(null);
    const draft = details.check();
    if (draft === null) return;
    try {
      ownLivestream.hear(await resources.changeLivestream(livestream.id, whatCanChange(draft)));
      notices.say(texts.shell.saved);
      props.onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.editTitle} onClose={props.onClose}>
      <form class="stack" noValidate onSubmit={(event) => void save(event)}>
        <DetailsForm
          typed={details.typed}
          mistakes={details.mistakes}
          problem={problem}
          categories={details.categories}
          coverUrl={livestream.cover_url}
          isLive
          onChange={details.change}
        />
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="primary" type="submit" busyText={texts.shell.working}>
            {texts.shell.save}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** When it was announced for and whether it is recorded are settled once it is live. */
function whatCanChange({ scheduled_at: _, is_recorded: __, ...others }: LivestreamDraft): LivestreamPatch {
  return others;
}
