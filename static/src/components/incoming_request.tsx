/** A client's request that rings for a reader: a card on every page, inline on the desk. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../api/problems";
import { useLoaded } from "../hooks/loading";
import { useRinging } from "../hooks/ringing";
import { useRoomAhead } from "../hooks/room_ahead";
import { useServerNow } from "../hooks/server_time";
import type { Consultation } from "../protocol";
import { secondsUntil } from "../rooms/clock";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDate, formatMoney } from "../texts/formats";
import { Avatar } from "./avatar";
import { Button } from "./button";
import { ProblemNote } from "./notes";
import { TypeIcon } from "./type_icon";

/** Rings wherever the reader is; the desk shows the card itself. */
export function IncomingRequest() {
  const { bell, storage } = useServices();
  const { path } = useLocation();
  const request = useIncomingRequest();
  useRinging(request && { id: request.id, flash: texts.desk.titleFlash(request.client.display_name) }, bell, storage);
  if (request === null || path === "/desk" || path === `/room/${request.id}`) return null;
  return (
    <div class="incoming incoming--floating">
      <RequestCard request={request} />
    </div>
  );
}

export function useIncomingRequest(): Consultation | null {
  const { liveConsultation, login } = useServices();
  const consultation = liveConsultation.value.value;
  if (consultation?.status !== "requested" || consultation.reader.id !== login.user?.id) return null;
  return consultation;
}

export function RequestCard(props: { request: Consultation }) {
  const { request } = props;
  const { live, liveConsultation, bell } = useServices();
  const { route } = useLocation();
  const now = useServerNow();
  useRoomAhead(request);
  const [problem, setProblem] = useState<Problem | null>(null);
  const left = secondsUntil(request.ring_until_at, now);
  const rate = formatMoney(request.rate_per_minute_minor, request.currency);
  const answer = async (command: "consultation.accept" | "consultation.decline") => {
    bell.stop();
    try {
      const { consultation } = await live.send(command, { consultation_id: request.id });
      liveConsultation.hear(consultation);
      if (command === "consultation.accept") route(`/room/${request.id}`);
    } catch (error) {
      setProblem(asProblem(error));
      await liveConsultation.reload();
    }
  };
  return (
    <section class="request-card" aria-labelledby="request-title" role="alertdialog">
      <div class="row">
        <Avatar id={request.client.id} name={request.client.display_name} url={request.client.avatar_url} />
        <div class="grow">
          <h2 id="request-title">{texts.desk.incomingTitle(request.client.display_name)}</h2>
          <p class="request-card__type">
            <TypeIcon type={request.type} />
            {texts.desk.incomingFacts(texts.readers.typesLong[request.type], rate)}
          </p>
        </div>
      </div>
      <History clientId={request.client.id} />
      {left !== null && (
        <p class="request-card__left figures" role="timer">
          {texts.desk.secondsLeft(left)}
        </p>
      )}
      <div class="request-card__answers">
        <Button look="primary" busyText={texts.desk.accepting} onPress={() => answer("consultation.accept")}>
          {texts.desk.accept}
        </Button>
        <Button onPress={() => answer("consultation.decline")}>{texts.desk.decline}</Button>
      </div>
      <ProblemNote problem={problem} />
    </section>
  );
}

/** Whether these two talked before, as far as the newest consultations say. */
function History(props: { clientId: string }) {
  const { resources } = useServices();
  const past = useLoaded(
    () => resources.listConsultations({ status: ["completed", "disconnected"] }, null),
    [props.clientId],
  );
  if (past.value === null) return null;
  const last = past.value.items.find(({ client, started_at }) => client.id === props.clientId && started_at !== null);
  const isComplete = past.value.next_cursor === null;
  if (last === undefined && !isComplete) return null;
  return (
    <p class="soft">{last?.started_at ? texts.desk.talkedBefore(formatDate(last.started_at)) : texts.desk.firstTime}</p>
  );
}
