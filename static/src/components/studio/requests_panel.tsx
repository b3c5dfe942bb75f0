/** Who waits for a private consultation: after the livestream by themselves, or now, while it pauses. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Livestream } from "../../livestreams/protocol";
import type { QueuePlace } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Places } from "../desk/line";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";

export function RequestsPanel(props: { livestream: Livestream; places: readonly QueuePlace[] }) {
  const { livestream, places } = props;
  const [isAsking, setAsking] = useState(false);
  const [first] = places;
  const canPause = first !== undefined && livestream.pause_reason !== "private";
  return (
    <div class="stack stack--tight studio-side__panel">
      <h2>{texts.studio.requestsTitle(places.length)}</h2>
      {places.length === 0 ? (
        <p class="soft">{texts.studio.requestsNone}</p>
      ) : (
        <>
          <Places places={places} />
          {/* While it is paused the turn goes on by itself, and the stage says so. */}
          {livestream.pause_reason !== "private" && <p class="faint">{texts.studio.requestsHint}</p>}
        </>
      )}
      {canPause && (
        <div>
          <Button onPress={() => setAsking(true)}>{texts.studio.takeNow}</Button>
        </div>
      )}
      {isAsking && first !== undefined && (
        <TakeNowDialog livestream={livestream} name={first.client.display_name} onClose={() => setAsking(false)} />
      )}
    </div>
  );
}

function TakeNowDialog(props: { livestream: Livestream; name: string; onClose: () => void }) {
  const { ownLivestream } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const pause = async () => {
    setProblem(null);
    try {
      await ownLivestream.pause();
      props.onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.takeNowTitle(props.name)} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.studio.takeNowHint(props.livestream.viewer_count, props.name)}</p>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="primary" busyText={texts.shell.working} onPress={pause}>
            {texts.studio.takeNowConfirm}
          </Button>
          <Button onPress={props.onClose}>{texts.studio.takeLater}</Button>
        </div>
      </div>
    </Dialog>
  );
}
