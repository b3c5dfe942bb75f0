/** The room: ringing, waiting, talking, paused, stopped, ended; one page for all of them. */

import { useEffect, useMemo } from "preact/hooks";
import { useRoute } from "preact-iso";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import type { RoomPart } from "../components/room/part";
import { Ringing } from "../components/room/ringing";
import { Summary } from "../components/room/summary";
import { Talking } from "../components/room/talking";
import { WaitingRoom } from "../components/room/waiting_room";
import { usePageTitle } from "../hooks/page_title";
import type { User } from "../protocol";
import { Room } from "../rooms/room";
import { useServices } from "../services";
import { isLive } from "../stores/live_consultation";
import { texts } from "../texts";
import "../styles/room.css";
import "../styles/call.css";
import "../styles/device_check.css";
import "../styles/stage.css";

export default function RoomPage() {
  const id = useRoute().params.id ?? "";
  return <LoginGate>{(user) => <OpenRoom key={`${id}.${user.id}`} consultationId={id} user={user} />}</LoginGate>;
}

function OpenRoom(props: { consultationId: string; user: User }) {
  const services = useServices();
  const { user } = props;
  const room = useMemo(() => new Room(services, props.consultationId, user.id), []);
  useEffect(() => {
    room.open();
    services.liveConsultation.entered(props.consultationId);
    return () => {
      room.close();
      services.ownCall.leave(props.consultationId);
    };
  }, [room]);
  const { joined } = room;
  useEffect(() => {
    if (joined.value !== null) services.ownCall.tellJoined(props.consultationId, joined.value);
  }, [joined.value]);
  const balance = services.wallet.value.value;
  useEffect(() => {
    if (balance !== null) room.tellBalance(balance.balance_minor);
  }, [balance?.balance_minor]);
  const { consultation } = room.state.value;
  useEffect(() => {
    if (consultation !== null) services.liveConsultation.hear(consultation);
  }, [consultation]);
  const isOver = consultation !== null && !isLive(consultation) && consultation.status !== "scheduled";
  useEffect(() => {
    if (isOver) services.ownCall.leave(props.consultationId, { isOver });
  }, [isOver]);
  const isClient = consultation?.client.id === user.id;
  const other = consultation === null ? null : isClient ? consultation.reader : consultation.client;
  usePageTitle(other === null ? "" : texts.room.withName(other.display_name));

  if (consultation === null || other === null) {
    const problem = room.failure.value;
    if (problem?.status === 404 || problem?.status === 403 || problem?.status === 422) {
      return (
        <Empty title={texts.room.notFound}>
          <a class="button" href="/">
            {texts.account.toStart}
          </a>
        </Empty>
      );
    }
    return problem === null || problem.isRetryable ? <Skeleton shape="page" /> : <ProblemNote problem={problem} />;
  }
  const part: RoomPart = { room, consultation, other, isClient, ownId: user.id };
  if (consultation.status === "scheduled") return <WaitingRoom {...part} />;
  if (consultation.status === "requested") return <Ringing {...part} />;
  if (consultation.status === "in_progress") return <Talking {...part} />;
  return <Summary {...part} />;
}
