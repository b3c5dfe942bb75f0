/** The reader's desk: status, the next request, today, and what clients see of them. */
import { ComingBookings } from "../components/booking/coming_bookings";
import { AvailabilityForm } from "../components/desk/availability_form";
import { GoLiveCard } from "../components/desk/go_live_card";
import { findKept, Kept, Line, useLine } from "../components/desk/line";
import { ProfileForm } from "../components/desk/profile_form";
import { RatesForm } from "../components/desk/rates_form";
import { StatusSwitch } from "../components/desk/status_switch";
import { Today } from "../components/desk/today";
import { RequestCard, useIncomingRequest } from "../components/incoming_request";
import { LoginGate } from "../components/login_gate";
import { Empty, Note, ProblemNote, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { Desk, DeskStatus, OwnReader, QueuePlace } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/desk.css";
import { useEffect } from "preact/hooks";

export default function DeskPage() {
  usePageTitle(texts.desk.title);
  return (
    <LoginGate>
      {(user) =>
        user.role === "reader" ? <OwnDesk /> : <Empty title={texts.desk.noReader} hint={texts.desk.noReaderHint} />
      }
    </LoginGate>
  );
}

function OwnDesk() {
  const { resources, live, login } = useServices();
  const desk = useLoaded(() => resources.desk(), []);
  const reader = useLoaded(() => resources.ownReader(), []);
  const places = useLine();
  const ownId = login.user?.id;
  useEffect(() => {
    const stops = [
      live.onConnect(() => void desk.reload()),
      live.on("consultation.ended", () => void desk.reload()),
      live.on("consultation.charged", () => void desk.reload()),
      live.on("reader.status_changed", ({ reader_id }) => {
        if (reader_id === ownId) void desk.reload();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [live, desk.reload, ownId]);
  if (desk.value === null) {
    return desk.problem === null ? (
      <Skeleton shape="page" />
    ) : (
      <ProblemNote problem={desk.problem} onRetry={desk.reload} />
    );
  }
  return (
    <div class="desk">
      <div class="stack desk__main">
        <h1>{texts.desk.title}</h1>
        <Notices desk={desk.value} rejection={reader.value?.verification_reason ?? null} />
        <StatusSwitch status={desk.value.status} onChanged={desk.reload} />
        <Requests status={desk.value.status} places={places ?? []} />
        {places !== null && <Line places={places} />}
        <GoLiveCard desk={desk.value} />
        <ComingBookings ownId={ownId ?? ""} emptyHint={texts.bookings.comingNoneReader} />
        <Today desk={desk.value} />
      </div>
      <div class="stack">
        {reader.value === null ? <Skeleton shape="card" count={2} /> : <Settings reader={reader.value} />}
      </div>
    </div>
  );
}

function Notices(props: { desk: Desk; rejection: string | null }) {
  const isRejected = props.desk.verification === "rejected" && props.rejection !== null;
  return (
    <>
      {!props.desk.is_verified && (
        <Note tone="warning">
          {isRejected ? texts.desk.notVerifiedReason(props.rejection ?? "") : texts.desk.notVerified}
        </Note>
      )}
      {!props.desk.is_email_verified && (
        <Note>
          <p>
            {texts.desk.emailNotVerified} <a href="/account">{texts.shell.account}</a>
          </p>
        </Note>
      )}
    </>
  );
}

function Requests(props: { status: DeskStatus; places: readonly QueuePlace[] }) {
  const request = useIncomingRequest();
  const { liveConsultation } = useServices();
  const live = liveConsultation.value.value;
  if (request !== null) return <RequestCard request={request} />;
  if (live !== null) {
    return (
      <section class="card stack stack--tight">
        <h2>{texts.shell.liveNow(live.client.display_name)}</h2>
        <a class="button button--primary" href={`/room/${live.id}`}>
          {texts.shell.backToRoom}
        </a>
      </section>
    );
  }
  const kept = findKept(props.places);
  if (kept !== undefined) return <Kept place={kept} />;
  return (
    <section class="card desk__waiting">
      <h2>{texts.desk.waiting}</h2>
      <p class="soft">{props.status === "online" ? texts.desk.waitingOnline : texts.desk.waitingOffline}</p>
    </section>
  );
}

function Settings(props: { reader: OwnReader }) {
  return (
    <>
      <RatesForm reader={props.reader} />
      <ProfileForm reader={props.reader} />
      <AvailabilityForm />
    </>
  );
}
