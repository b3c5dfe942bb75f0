/** After a livestream: how long, how many, what was given, and what becomes of the recording. */
import { useEffect } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock, formatNumber } from "../../texts/formats";
import { Button } from "../button";
import { earnedFact, useEarned } from "./live_figures";
import { RecordingControls } from "./recording_controls";

/** The recording is stored within moments of the end; until then it is looked for. */
const LOOK_EVERY_MS = 3_000;

export function LivestreamSummary({ livestream: ended }: { livestream: Livestream }) {
  const { resources, ownLivestream } = useServices();
  const fresh = useLoaded(() => resources.livestream(ended.id), [ended.id]);
  const livestream = fresh.value ?? ended;
  const isStoring = ["recording", "storing"].includes(livestream.recording?.state ?? "");
  useEffect(() => {
    if (!isStoring) return;
    const timer = setInterval(() => void fresh.reload(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isStoring, fresh.reload]);
  const facts = [
    { label: texts.studio.lasted, value: formatClock(secondsLive(livestream)) },
    { label: texts.studio.peak, value: formatNumber(livestream.peak) },
    earnedFact(useEarned(livestream), livestream.currency),
  ];
  return (
    <section class="card stack narrow centered" aria-labelledby="over-title">
      <h1 id="over-title">{texts.studio.overTitle}</h1>
      <p class="soft">
        {livestream.title} · {texts.studio.overReasons[livestream.end_reason ?? ""]}
      </p>
      <div class="facts">
        {facts.map((fact) => (
          <div key={fact.label}>
            <p class="fact__value">{fact.value}</p>
            <p class="fact__label">{fact.label}</p>
          </div>
        ))}
      </div>
      {livestream.recording !== null && (
        <div class="stack stack--tight">
          <h2>{texts.studio.recordingTitle}</h2>
          <RecordingControls livestream={livestream} onChanged={fresh.change} />
        </div>
      )}
      <div>
        <Button look="primary" onPress={() => ownLivestream.closeSummary()}>
          {texts.studio.done}
        </Button>
      </div>
    </section>
  );
}

export function secondsLive({ started_at, ended_at }: Livestream): number {
  if (started_at === null || ended_at === null) return 0;
  return (Date.parse(ended_at) - Date.parse(started_at)) / 1_000;
}
