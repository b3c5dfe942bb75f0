/** What becomes of a livestream's recording: published, kept private, or deleted. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";

interface RecordingControlsProps {
  livestream: Livestream;
  onChanged: (livestream: Livestream) => void;
}

export function RecordingControls(props: RecordingControlsProps) {
  const { livestream, onChanged } = props;
  const { resources } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isDeleting, setDeleting] = useState(false);
  const { recording } = livestream;
  if (recording === null) return null;
  const publish = async (isPublished: boolean) => {
    setProblem(null);
    try {
      onChanged(await resources.publishRecording(livestream.id, isPublished));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const isStored = recording.state === "stored";
  return (
    <div class="stack stack--tight">
      <p role="status">
        {isStored
          ? recording.is_published
            ? texts.studio.recordingPublished
            : texts.studio.recordingPrivate
          : texts.studio.recordingStates[recording.state]}
        {recording.seconds !== null && recording.seconds > 0 && (
          <span class="figures"> {texts.studio.recordingLength(formatClock(recording.seconds))}</span>
        )}
      </p>
      {isStored && (
        <div class="row">
          <Button look={recording.is_published ? "plain" : "primary"} onPress={() => publish(!recording.is_published)}>
            {recording.is_published ? texts.studio.keepPrivate : texts.studio.publish}
          </Button>
          <a class="button" href={`/live/${livestream.id}`}>
            {texts.studio.watchReplay}
          </a>
          <Button look="quiet" onPress={() => setDeleting(true)}>
            {texts.studio.deleteRecording}
          </Button>
        </div>
      )}
      <ProblemNote problem={problem} />
      {isDeleting && <DeleteDialog {...props} onClose={() => setDeleting(false)} />}
    </div>
  );
}

function DeleteDialog(props: RecordingControlsProps & { onClose: () => void }) {
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const remove = async () => {
    setProblem(null);
    try {
      await resources.deleteRecording(props.livestream.id);
      notices.say(texts.studio.deleted);
      props.onClose();
      props.onChanged({ ...props.livestream, recording: null });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.deleteTitle} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.studio.deleteHint}</p>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" busyText={texts.shell.working} onPress={remove}>
            {texts.studio.deleteNow}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
