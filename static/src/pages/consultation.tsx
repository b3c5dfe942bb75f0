/** One consultation afterwards: each minute, pause and refund, and the conversation itself. */
import { useRoute } from "preact-iso";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { Recordings } from "../components/recordings";
import { StatementTable } from "../components/statement_table";
import { Transcript } from "../components/transcript";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { Consultation, User } from "../protocol";
import { useServices } from "../services";
import { isLive } from "../stores/live_consultation";
import { texts } from "../texts";
import { endReasonText } from "../texts/end_reasons";
import { formatClock, formatDateTime, formatMoney } from "../texts/formats";
import "../styles/money.css";
import { Avatar } from "../components/avatar";

export default function ConsultationPage() {
  const id = useRoute().params.id ?? "";
  return <LoginGate>{(user) => <OneConsultation key={id} id={id} user={user} />}</LoginGate>;
}

function OneConsultation(props: { id: string; user: User }) {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.statement(props.id), [props.id]);
  const statement = loaded.value;
  const isClient = statement?.consultation.client.id === props.user.id;
  const other = isClient ? statement?.consultation.reader : statement?.consultation.client;
  usePageTitle(other === undefined ? texts.money.statement : texts.room.title(other.display_name));
  if (loaded.problem !== null && loaded.problem.status >= 400 && loaded.problem.status < 500) {
    return (
      <Empty title={texts.shell.notFound} hint={texts.shell.notFoundHint}>
        <a class="button" href="/consultations">
          {texts.money.consultationsTitle}
        </a>
      </Empty>
    );
  }
  if (statement === null || other === undefined) {
    return loaded.problem === null ? (
      <Skeleton shape="page" />
    ) : (
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
    );
  }
  const { consultation } = statement;
  const totalMinor = isClient ? statement.total_cost_minor : (consultation.earnings_minor ?? 0);
  return (
    <div class="stack stack--loose narrow centered">
      <header class="row">
        <Avatar id={other.id} name={other.display_name} url={other.avatar_url} />
        <div class="grow">
          <h1 class="statement-title">{texts.room.title(other.display_name)}</h1>
          <p class="soft">{subtitle(consultation, isClient)}</p>
        </div>
        {isLive(consultation) && (
          <a class="button button--primary" href={`/room/${consultation.id}`}>
            {texts.money.openRoom}
          </a>
        )}
      </header>
      <section class="card stack">
        <h2>{texts.money.statement}</h2>
        <div class="facts">
          <div>
            <p class="fact__value">{formatMoney(totalMinor, statement.currency)}</p>
            <p class="fact__label">{isClient ? texts.money.total : texts.room.yourEarnings}</p>
          </div>
          <div>
            <p class="fact__value">{formatClock(statement.connected_seconds)}</p>
            <p class="fact__label">{texts.money.connected}</p>
          </div>
        </div>
        <p class="soft">{priceText(consultation)}</p>
        <StatementTable statement={statement} isClient={isClient} />
      </section>
      <Recordings consultation={consultation} ownId={props.user.id} />
      <Transcript consultation={consultation} ownId={props.user.id} />
    </div>
  );
}

/** What it was asked for at; all prices where the two could change between them, as the last one says little then. */
function priceText(consultation: Consultation): string {
  const { type, rates, currency } = consultation;
  const money = (amountMinor: number) => formatMoney(amountMinor, currency);
  const asked = rates[type]?.rate_per_minute_minor ?? consultation.rate_per_minute_minor;
  const intro = texts.money.statementIntro(texts.readers.typesLong[type], money(asked));
  if (consultation.mode === type) return intro;
  const all = (["chat", "call", "video"] as const).flatMap((one) => {
    const rate = rates[one];
    return rate === null ? [] : [`${texts.readers.types[one]} ${money(rate.rate_per_minute_minor)}`];
  });
  return `${intro} ${texts.money.statementRates(all.join(", "))}`;
}

function subtitle(consultation: Consultation, isClient: boolean): string {
  const at = consultation.started_at ?? consultation.scheduled_at ?? consultation.requested_at;
  const reason = endReasonText(consultation, isClient);
  return [texts.readers.typesLong[consultation.type], at === null ? "" : formatDateTime(at), reason]
    .filter(Boolean)
    .join(" · ");
}
