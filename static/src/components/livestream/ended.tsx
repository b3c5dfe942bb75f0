/** A livestream that is over: what it was, who gave, and the recording where the reader published it. */
import { lazy } from "preact-iso";
import type { Livestream, TopSender } from "../../livestreams/protocol";
import { isReplayShown } from "../../livestreams/replay_access";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock, formatMoney, formatNumber } from "../../texts/formats";
import { TopSenders } from "../gifts/top_senders";
import { pastText } from "./live_sign";
import { AskPrivately } from "./private_dialog";
import { Curtain } from "./viewer_stage";
import { About, FollowFromAfar, Who } from "./who";

const Replay = lazy(() => import("./replay"));

export function Ended(props: { livestream: Livestream; topSenders: readonly TopSender[] }) {
  const { livestream } = props;
  const { login } = useServices();
  const isCancelled = livestream.status === "cancelled";
  const mayWatch = isReplayShown(livestream, login.user?.id);
  const reason = livestream.end_reason === null ? "" : (texts.livestreams.endReasons[livestream.end_reason] ?? "");
  return (
    <div class="watch stack">
      {mayWatch && <Replay livestream={livestream} />}
      <div class="watch--calm">
        <div class="watch__main stack">
          {!mayWatch && (
            <div class="viewer-stage viewer-stage--calm">
              {livestream.cover_url !== null && <Curtain livestream={livestream} />}
              <div class="viewer-stage__state viewer-stage__state--veiled">
                <div class="stage-sign">
                  <p class="stage-sign__title">
                    {isCancelled ? texts.livestreams.cancelledTitle : texts.livestreams.endedTitle}
                  </p>
                  {reason !== "" && <p>{reason}</p>}
                </div>
              </div>
            </div>
          )}
          <div class="watch__head">
            <Who livestream={livestream} />
            <div class="row">
              <FollowFromAfar reader={livestream.reader} />
              <AskPrivately reader={livestream.reader} />
            </div>
          </div>
          <p class="faint">{pastText(livestream)}</p>
          <About livestream={livestream} />
          {!isCancelled && !mayWatch && (
            <p class="soft">{texts.livestreams.endedHint(livestream.reader.display_name)}</p>
          )}
          {!isCancelled && <Facts livestream={livestream} />}
        </div>
        {!isCancelled && login.user !== null && (
          <aside class="card">
            <TopSenders livestream={livestream} topSenders={props.topSenders} />
          </aside>
        )}
      </div>
    </div>
  );
}

function Facts(props: { livestream: Livestream }) {
  const { started_at: startedAt, ended_at: endedAt, peak, gifts_minor: giftsMinor, currency } = props.livestream;
  const seconds = startedAt === null || endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  const { endedFacts } = texts.livestreams;
  const facts = [
    [endedFacts.length, formatClock(seconds)],
    [endedFacts.peak, formatNumber(peak)],
    [endedFacts.gifts, formatMoney(giftsMinor, currency)],
  ] as const;
  return (
    <div class="facts card">
      {facts.map(([label, value]) => (
        <div key={label}>
          <p class="fact__value">{value}</p>
          <p class="fact__label">{label}</p>
        </div>
      ))}
    </div>
  );
}
