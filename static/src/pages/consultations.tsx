/** Old (and live) consultations, to find one again. */
import { useLocation } from "preact-iso";
import { Avatar } from "../components/avatar";
import { ComingBookings } from "../components/booking/coming_bookings";
import { Button } from "../components/button";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { Consultation, User } from "../protocol";
import { useServices } from "../services";
import { isLive } from "../stores/live_consultation";
import { texts } from "../texts";
import { formatClock, formatDateTime, formatMoney } from "../texts/formats";

const FILTERS: readonly { name: string; statuses: readonly string[]; text: string }[] = [
  {
    name: "",
    // What is booked and has not begun has a list of its own.
    statuses: ["requested", "in_progress", "completed", "disconnected", "cancelled", "no_show"],
    text: texts.money.filterAll,
  },
  { name: "completed", statuses: ["completed"], text: texts.money.filterEnded },
  { name: "disconnected", statuses: ["disconnected"], text: texts.money.filterCutOff },
  { name: "not_held", statuses: ["cancelled", "no_show"], text: texts.money.filterCancelled },
];

export default function ConsultationsPage() {
  usePageTitle(texts.money.consultationsTitle);
  return <LoginGate>{(user) => <OwnConsultations user={user} />}</LoginGate>;
}

function OwnConsultations(props: { user: User }) {
  const { resources } = useServices();
  const { url, path, route } = useLocation();
  const shown = new URLSearchParams(url.split("?")[1] ?? "").get("show") ?? "";
  const list = usePagedList(
    (cursor) =>
      resources.listConsultations({ status: FILTERS.find((filter) => filter.name === shown)?.statuses ?? [] }, cursor),
    [shown],
  );
  return (
    <div class="stack narrow centered">
      <h1>{texts.money.consultationsTitle}</h1>
      <ComingBookings ownId={props.user.id} />
      <div class="segments">
        {FILTERS.map((filter) => (
          <button
            key={filter.name}
            type="button"
            aria-pressed={filter.name === shown}
            onClick={() => route(filter.name === "" ? path : `${path}?show=${filter.name}`, true)}
          >
            {filter.text}
          </button>
        ))}
      </div>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items === null && list.problem === null && <Skeleton shape="line" count={4} />}
      {list.items?.length === 0 && <NoConsultations user={props.user} isFiltered={shown !== ""} />}
      {list.items !== null && list.items.length > 0 && (
        <ul class="card line-list">
          {list.items.map((consultation) => (
            <li key={consultation.id}>
              <ConsultationLine consultation={consultation} ownId={props.user.id} />
            </li>
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

function NoConsultations(props: { user: User; isFiltered: boolean }) {
  if (props.isFiltered) return <Empty title={texts.money.noMatch} hint={texts.money.noMatchHint} />;
  const isReader = props.user.role === "reader";
  return (
    <Empty
      title={texts.money.noConsultations}
      hint={isReader ? texts.money.noConsultationsReader : texts.money.noConsultationsClient}
    >
      <a class="button button--primary" href={isReader ? "/desk" : "/"}>
        {isReader ? texts.shell.desk : texts.shell.toReaders}
      </a>
    </Empty>
  );
}

function ConsultationLine(props: { consultation: Consultation; ownId: string }) {
  const { consultation } = props;
  const isClient = consultation.client.id === props.ownId;
  const other = isClient ? consultation.reader : consultation.client;
  const amountMinor = isClient ? consultation.total_cost_minor : (consultation.earnings_minor ?? 0);
  const at = consultation.started_at ?? consultation.scheduled_at ?? consultation.requested_at;
  const href = isLive(consultation) ? `/room/${consultation.id}` : `/consultations/${consultation.id}`;
  return (
    <a class="line" href={href}>
      <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="small" />
      <span class="grow">
        <span class="line__title name">{other.display_name}</span>
        <span class="line__facts faint">
          {[
            texts.readers.types[consultation.type],
            at === null ? "" : formatDateTime(at),
            texts.money.statuses[consultation.status],
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      <span class="line__amount">
        {consultation.started_at !== null && (
          <>
            {formatMoney(amountMinor, consultation.currency)}
            <span class="line__facts faint">{formatClock(consultation.connected_seconds)}</span>
          </>
        )}
      </span>
    </a>
  );
}
