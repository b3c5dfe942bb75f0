/** Who is live, who will be, who was; and ending one, with a reason. */
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { AdminTabs } from "../components/admin/admin_tabs";
import { Avatar } from "../components/avatar";
import { Button } from "../components/button";
import { Dialog } from "../components/dialog";
import { TextField } from "../components/fields";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import { useServerNow } from "../hooks/server_time";
import { LIVESTREAM_STATE_EVENTS, type Livestream } from "../livestreams/protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatClock, formatDateTime, formatMoney, formatShortAppointment } from "../texts/formats";
import "../styles/studio.css";

const FILTERS = ["live", "scheduled", "ended"] as const;
type Filter = (typeof FILTERS)[number];

export default function AdminLivestreamsPage() {
  usePageTitle(texts.studio.adminLivestreamsTitle);
  return (
    <LoginGate>
      {(user) => (user.role === "admin" ? <AllLivestreams /> : <Empty title={texts.desk.adminsOnly} />)}
    </LoginGate>
  );
}

function AllLivestreams() {
  const { resources } = useServices();
  const { url, path, route } = useLocation();
  const asked = new URLSearchParams(url.split("?")[1] ?? "").get("show");
  const filter: Filter = FILTERS.find((one) => one === asked) ?? "live";
  const list = usePagedList((cursor) => resources.adminLivestreams(filter, cursor), [filter]);
  const { changed, tell } = useNews(list.reload, filter);
  const items = list.items?.map((item) => newer(item, changed[item.id]));
  return (
    <div class="stack narrow centered">
      <h1>{texts.studio.adminLivestreamsTitle}</h1>
      <AdminTabs />
      <div class="segments">
        {FILTERS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === filter}
            onClick={() => route(one === "live" ? path : `${path}?show=${one}`, true)}
          >
            {texts.studio.adminFilters[one]}
          </button>
        ))}
      </div>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items === null && list.problem === null && <Skeleton shape="line" count={3} />}
      {items?.length === 0 && <Empty title={texts.studio.adminNone[filter] ?? ""} />}
      {items !== undefined && items.length > 0 && (
        <ul class="card line-list">
          {items.map((livestream) => (
            <LivestreamLine key={livestream.id} livestream={livestream} onChanged={tell} />
          ))}
        </ul>
      )}
      {list.hasMore && (
        <div>
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </div>
  );
}

const ASK_EVERY_MS = 10_000;

/** What changes of the listed ones is shown where it stands; only what is new to the list of live ones is asked for. */
function useNews(reload: () => Promise<void>, filter: Filter) {
  const { live } = useServices();
  const [changed, setChanged] = useState<Readonly<Record<string, Livestream>>>({});
  const tell = (livestream: Livestream) => setChanged((known) => ({ ...known, [livestream.id]: livestream }));
  useEffect(() => {
    const stops = LIVESTREAM_STATE_EVENTS.map((name) =>
      live.on(name, ({ livestream }) => {
        tell(livestream);
        if (name === "livestream.started" && filter === "live") void reload();
      }),
    );
    stops.push(live.onConnect(() => void live.send("livestreams.watch", { on: true }).catch(() => undefined)));
    return () => {
      for (const stop of stops) stop();
      live.hint("livestreams.watch", { on: false });
    };
  }, [live, reload, filter]);
  useEffect(() => {
    if (filter !== "live") return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void reload();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [filter, reload]);
  return { changed, tell };
}

function newer(item: Livestream, other: Livestream | undefined): Livestream {
  return other !== undefined && other.version > item.version ? other : item;
}

function LivestreamLine(props: { livestream: Livestream; onChanged: (livestream: Livestream) => void }) {
  const { livestream } = props;
  const [isEnding, setEnding] = useState(false);
  const { reader } = livestream;
  return (
    <li>
      <div class="line row">
        <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="small" />
        <span class="grow">
          <span class="line__title">
            {reader.display_name} · {livestream.title}
          </span>
          <LineFacts livestream={livestream} />
        </span>
        {livestream.status === "live" && (
          <>
            <a class="button" href={`/live/${livestream.id}`}>
              {texts.studio.watch}
            </a>
            <Button look="danger" onPress={() => setEnding(true)}>
              {texts.studio.adminEnd}
            </Button>
          </>
        )}
      </div>
      {isEnding && <EndDialog {...props} onClose={() => setEnding(false)} />}
    </li>
  );
}

function LineFacts({ livestream }: { livestream: Livestream }) {
  const { status, started_at, ended_at, scheduled_at, viewer_count, peak, pause_reason } = livestream;
  const now = useServerNow(status === "live");
  const gifts = `${texts.studio.gifts} ${formatMoney(livestream.gifts_minor, livestream.currency)}`;
  const reason = texts.studio.adminReasons[livestream.end_reason ?? ""] ?? "";
  const facts =
    status === "live"
      ? [
          texts.studio.adminLiveFacts(formatClock((now - Date.parse(started_at ?? "")) / 1_000), viewer_count, peak),
          pause_reason === null ? "" : (texts.studio.adminPaused[pause_reason] ?? ""),
          gifts,
        ]
      : status === "scheduled"
        ? [formatShortAppointment(scheduled_at ?? livestream.created_at)]
        : [texts.studio.adminEndedFacts(formatDateTime(ended_at ?? livestream.created_at), reason), gifts];
  return <span class="line__facts faint figures">{facts.filter(Boolean).join(" · ")}</span>;
}

function EndDialog(props: {
  livestream: Livestream;
  onChanged: (livestream: Livestream) => void;
  onClose: () => void;
}) {
  const { resources, notices } = useServices();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const name = props.livestream.reader.display_name;
  const end = async () => {
    setProblem(null);
    try {
      props.onChanged(await resources.endLivestream(props.livestream.id, reason.trim()));
      notices.say(texts.studio.adminEnded(name));
      props.onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={texts.studio.adminEndTitle(name)} onClose={props.onClose}>
      <div class="stack">
        <TextField label={texts.studio.adminEndReason} isMultiline value={reason} onInput={setReason} maxLength={500} />
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="danger" isDisabled={reason.trim() === ""} onPress={end}>
            {texts.studio.adminEnd}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
}
