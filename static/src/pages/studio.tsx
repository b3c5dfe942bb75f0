/** The reader's side of going live: getting ready, being live, and what comes before and after. */
import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { LiveView } from "../components/studio/live_view";
import { Past } from "../components/studio/past";
import { Prepare } from "../components/studio/prepare";
import { Schedule } from "../components/studio/schedule";
import { LivestreamSummary } from "../components/studio/summary";
import { useLoaded, usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { User } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/call.css";
import "../styles/device_check.css";
import "../styles/room.css";
import "../styles/stage.css";
import "../styles/studio.css";
import "../styles/queue.css";

export default function StudioPage() {
  usePageTitle(texts.studio.title);
  return (
    <LoginGate>
      {(user) =>
        user.role === "reader" ? (
          <Studio user={user} />
        ) : (
          <Empty title={texts.studio.readersOnly} hint={texts.studio.readersOnlyHint} />
        )
      }
    </LoginGate>
  );
}

function Studio(props: { user: User }) {
  const { ownLivestream } = useServices();
  const livestream = ownLivestream.value.value;
  const publisher = ownLivestream.publisher.value;
  const ended = ownLivestream.ended.value;
  const hasEndedOne = useRef(false);
  hasEndedOne.current ||= ended !== null;
  if (ended !== null) return <LivestreamSummary livestream={ended} />;
  const isPublishing = publisher !== null && publisher.stage.value !== "ended";
  if (livestream !== null || isPublishing) return <LiveView livestream={livestream} publisher={publisher} />;
  if (!ownLivestream.isKnown.value) return <Skeleton shape="page" />;
  return <BeforeAndAfter {...props} opensCamera={!hasEndedOne.current} />;
}

function BeforeAndAfter({ user, opensCamera }: { user: User; opensCamera: boolean }) {
  const { resources, live } = useServices();
  const { url } = useLocation();
  const desk = useLoaded(() => resources.desk(), []);
  const coming = useLoaded(() => resources.listLivestreams({ status: "scheduled", reader_id: user.id }, null), []);
  const past = usePagedList(
    (cursor) => resources.listLivestreams({ status: "ended", reader_id: user.id }, cursor),
    [user.id],
  );
  useEffect(() => live.onConnect(() => void coming.reload()), [live, coming.reload]);
  const chosenId = new URLSearchParams(url.split("?")[1] ?? "").get("livestream");
  const announced = coming.value?.items.find(({ id }) => id === chosenId) ?? null;
  const last = past.items?.[0] ?? null;
  const isKnown =
    desk.value !== null && (coming.value ?? coming.problem) !== null && (past.items ?? past.problem) !== null;
  if (desk.problem !== null) return <ProblemNote problem={desk.problem} onRetry={desk.reload} />;
  return (
    <div class="stack stack--loose">
      <h1 id="studio-title">{texts.studio.title}</h1>
      {isKnown ? (
        <Prepare
          announced={announced}
          last={last}
          isVerified={desk.value?.is_verified === true}
          opensCamera={opensCamera}
        />
      ) : (
        <Skeleton shape="page" />
      )}
      <div class="studio-lists">
        <Schedule coming={coming} last={last} canGoLive={desk.value?.is_verified === true} />
        <Past list={past} />
      </div>
    </div>
  );
}
