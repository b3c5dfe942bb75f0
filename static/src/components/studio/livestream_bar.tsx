/** On every page but the studio: that one is live, paused or lost, and the way back; the screen stays on meanwhile. */
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../../api/problems";
import { useServerNow } from "../../hooks/server_time";
import { useWakeLock } from "../../hooks/wake_lock";
import type { Livestream } from "../../livestreams/protocol";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { problemText } from "../../texts/problem_text";
import { EndDialog } from "./end_dialog";

export function OwnLivestreamBar() {
  const { ownLivestream } = useServices();
  const { path } = useLocation();
  const livestream = ownLivestream.value.value;
  const stage = ownLivestream.publisher.value?.stage.value;
  useWakeLock(stage === "starting" || stage === "live" || stage === "reconnecting");
  if (livestream === null || path === "/studio") return null;
  if (livestream.pause_reason === "private") return <PausedBar livestream={livestream} />;
  const isLost = stage === "reconnecting";
  const text = isLost
    ? texts.studio.barReconnecting
    : stage === "live"
      ? texts.studio.barLive(livestream.title)
      : texts.studio.barElsewhere(livestream.title);
  return (
    <div class="wide-bar wide-bar--live" role="status">
      <span>{text}</span>
      {stage === "live" && <span class="figures">{texts.studio.barWatching(livestream.viewer_count)}</span>}
      <a href="/studio">{texts.studio.toStudio}</a>
    </div>
  );
}

const MINUTE_SECONDS = 60;

function PausedBar({ livestream }: { livestream: Livestream }) {
  const { ownLivestream, liveConsultation } = useServices();
  const { route } = useLocation();
  const [isEnding, setEnding] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const left = secondsUntil(livestream.pause_until_at, useServerNow()) ?? 0;
  // While they talk, the room has the floor: the bar only says how long the audience waits.
  const isTalking = liveConsultation.value.value?.status === "in_progress";
  const goOn = async () => {
    setProblem(null);
    try {
      await ownLivestream.goOn();
      route("/studio");
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <div class="wide-bar wide-bar--live">
      <span role="status">
        {problem === null
          ? texts.studio.pausedBar(Math.max(1, Math.ceil(left / MINUTE_SECONDS)))
          : problemText(problem)}
      </span>
      {!isTalking && (
        <>
          <button type="button" class="wide-bar__button" onClick={() => void goOn()}>
            {texts.studio.backLive}
          </button>
          <button type="button" class="wide-bar__button" onClick={() => setEnding(true)}>
            {texts.studio.endIt}
          </button>
        </>
      )}
      {isEnding && <EndDialog livestream={livestream} onClose={() => setEnding(false)} />}
    </div>
  );
}
