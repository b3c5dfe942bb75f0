/** Asks before a livestream ends for everybody. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";

export function EndDialog(props: { livestream: Livestream; onClose: () => void }) {
  const { ownLivestream } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const end = async () => {
    setProblem(null);
    try {
      await ownLivestream.end();
      props.onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.endTitle} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.studio.endHint(props.livestream.viewer_count)}</p>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" busyText={texts.shell.working} onPress={end}>
            {texts.studio.endNow}
          </Button>
          <Button onPress={props.onClose}>{texts.studio.endStay}</Button>
        </div>
      </div>
    </Dialog>
  );
}
