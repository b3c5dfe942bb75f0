/** The request is on its way: the client waits, the reader answers. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServerNow } from "../../hooks/server_time";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Avatar } from "../avatar";
import { Button } from "../button";
import { RequestCard } from "../incoming_request";
import { ProblemNote } from "../notes";
import { PriceSentence } from "../price_sentence";
import { GettingReady } from "./getting_ready";
import type { RoomPart } from "./part";

export function Ringing(props: RoomPart) {
  const { consultation, other, isClient } = props;
  if (!isClient) {
    return (
      <div class="room-center">
        <RequestCard request={consultation} />
      </div>
    );
  }
  return (
    <div class="room-center">
      <div class={consultation.type === "chat" ? "ringing" : "ringing ringing--call"}>
        <span class="ringing__pulse">
          <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="large" />
        </span>
        <div role="status">
          <h1>{texts.room.ringingClient(other.display_name)}</h1>
        </div>
        <RingCountdown ringUntilAt={consultation.ring_until_at} />
        <p class="soft">{texts.room.ringingClientHint[consultation.type]}</p>
        <GettingReady
          {...props}
          joinText={texts.calls.joinWhenAnswered(other.display_name)}
          readyText={texts.calls.readyRinging(other.display_name)}
        />
        <PriceSentence
          type={consultation.type}
          ratePerMinuteMinor={consultation.rate_per_minute_minor}
          currency={consultation.currency}
        />
        <Withdraw {...props} />
      </div>
    </div>
  );
}

function RingCountdown(props: { ringUntilAt: string | null }) {
  const left = secondsUntil(props.ringUntilAt, useServerNow());
  if (left === null) return null;
  return (
    <p class="figures" role="timer">
      {texts.room.ringsFor(left)}
    </p>
  );
}

function Withdraw(props: RoomPart) {
  const { live, liveConsultation } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const withdraw = async () => {
    try {
      const { consultation } = await live.send("consultation.cancel", { consultation_id: props.consultation.id });
      props.room.tellSnapshot(consultation);
      liveConsultation.hear(consultation);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button onPress={withdraw}>{texts.room.withdraw}</Button>
      <ProblemNote problem={problem} />
    </>
  );
}
