/** One livestream: coming, live, or over; one page for all of them. */

import { useEffect, useMemo } from "preact/hooks";
import { useRoute } from "preact-iso";
import { Coming } from "../components/livestream/coming";
import { Ended } from "../components/livestream/ended";
import { Foyer } from "../components/livestream/foyer";
import { bannedText } from "../components/livestream/say_field";
import { Watching } from "../components/livestream/watching";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { type Loaded, useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { Livestream } from "../livestreams/protocol";
import { isReplayShown } from "../livestreams/replay_access";
import { LivestreamRoom } from "../livestreams/room";
import type { User } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/livestreams.css";
import "../styles/gifts.css";

export default function LivestreamPage() {
  const id = useRoute().params.id ?? "";
  const { resources, login } = useServices();
  const loaded = useLoaded(() => resources.livestream(id), [id]);
  const state = login.state.value;
  usePageTitle(loaded.value?.title ?? "");
  const { problem } = loaded;
  if (problem !== null && problem.status >= 400 && problem.status < 500 && problem.status !== 429) return <NotThere />;
  if (loaded.value === null || state.kind === "unknown") {
    return problem === null ? <Skeleton shape="page" /> : <ProblemNote problem={problem} onRetry={loaded.reload} />;
  }
  const livestream = loaded.value;
  if (state.kind === "anonymous" && !isReplayShown(livestream, undefined))
    return <Visiting loaded={loaded} livestream={livestream} />;
  if (state.kind === "anonymous" || isOver(livestream)) return <Over livestream={livestream} />;
  return <Inside key={`${id}.${state.user.id}`} livestream={livestream} user={state.user} />;
}

const LOOK_EVERY_MS = 20_000;

function Visiting(props: { loaded: Loaded<Livestream>; livestream: Livestream }) {
  const { loaded, livestream } = props;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void loaded.reload();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  return <Foyer livestream={livestream} />;
}

function Inside(props: { livestream: Livestream; user: User }) {
  const services = useServices();
  const room = useMemo(() => new LivestreamRoom(services, props.livestream.id, props.user.id), []);
  useEffect(() => {
    room.tellSnapshot(props.livestream);
    room.open();
    return () => room.close();
  }, [room]);
  const livestream = room.snapshot.value ?? props.livestream;
  const refusal = room.refusal.value;
  const chat = room.chat.value;
  const name = livestream.reader.display_name;
  if (refusal?.code === "livestream.banned" || chat.kind === "banned") {
    const untilMs = chat.kind === "banned" ? chat.untilMs : null;
    return (
      <Empty title={bannedText(name, untilMs)}>
        <a class="button" href="/live">
          {texts.livestreams.back}
        </a>
      </Empty>
    );
  }
  if (refusal?.status === 404) return <NotThere />;
  if (isOver(livestream)) return <Over livestream={livestream} topSenders={room.topSenders.value} />;
  if (livestream.status === "scheduled") return <Coming room={room} livestream={livestream} />;
  return (
    <>
      {refusal !== null && <ProblemNote problem={refusal} onRetry={() => room.enterAgain()} />}
      <Watching room={room} livestream={livestream} />
    </>
  );
}

/** Its givers are asked for where nobody has told them; they are named to who is logged in. */
function Over(props: { livestream: Livestream; topSenders?: Parameters<typeof Ended>[0]["topSenders"] }) {
  const { resources, login } = useServices();
  const { id } = props.livestream;
  const isVisitor = login.user === null;
  const isTold = props.topSenders !== undefined && props.topSenders.length > 0;
  const loaded = useLoaded(
    async () => (isTold || isVisitor ? null : await resources.topSenders(id)),
    [id, isTold, isVisitor],
  );
  const topSenders = isTold ? props.topSenders : loaded.value?.items;
  return <Ended livestream={props.livestream} topSenders={topSenders ?? []} />;
}

function NotThere() {
  return (
    <Empty title={texts.livestreams.notThere} hint={texts.shell.notFoundHint}>
      <a class="button" href="/live">
        {texts.livestreams.back}
      </a>
    </Empty>
  );
}

function isOver({ status }: Livestream): boolean {
  return status === "ended" || status === "cancelled";
}
