/** Who is live now, what is coming, and what can be watched again. */
import { Button } from "../components/button";
import { LivestreamCard } from "../components/livestream/livestream_card";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { useLivestreamChanges } from "../hooks/livestream_changes";
import { usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { Livestream } from "../livestreams/protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/livestreams.css";

export default function LivePage() {
  usePageTitle(texts.livestreams.title);
  const { login } = useServices();
  return (
    <div class="stack stack--loose">
      <header class="stack stack--tight">
        <h1>{texts.livestreams.title}</h1>
        <p class="soft">{texts.livestreams.intro}</p>
        {login.user?.role === "reader" && (
          <p>
            <a href="/studio">{texts.livestreams.toStudio}</a>
          </p>
        )}
      </header>
      <Livestreams status="live" title={texts.livestreams.now} />
      <Livestreams status="scheduled" title={texts.livestreams.coming} />
      <Livestreams status="ended" title={texts.livestreams.replays} />
    </div>
  );
}

function Livestreams(props: { status: "live" | "scheduled" | "ended"; title: string }) {
  const { status } = props;
  const { resources } = useServices();
  const list = usePagedList((cursor) => resources.listLivestreams({ status }, cursor), [status]);
  const items = useLivestreamChanges(list.items, status, list.reload);
  return (
    <section class="stack" aria-label={props.title}>
      <h2>{props.title}</h2>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {items === null && list.problem === null && <Skeleton shape="card" />}
      {items !== null && items.length > 0 && (
        <div class="livestream-grid">
          {items.map((livestream) => (
            <LivestreamCard key={livestream.id} livestream={livestream} />
          ))}
        </div>
      )}
      {items?.length === 0 && <Nothing status={status} />}
      {list.hasMore && (
        <div class="row centered">
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </section>
  );
}

function Nothing(props: { status: Livestream["status"] }) {
  if (props.status === "scheduled") return <p class="soft">{texts.livestreams.noneComing}</p>;
  if (props.status === "ended") return <p class="soft">{texts.livestreams.noReplays}</p>;
  return (
    <Empty title={texts.livestreams.nobody} hint={texts.livestreams.nobodyHint}>
      <a class="button" href="/">
        {texts.livestreams.toReaders}
      </a>
    </Empty>
  );
}
