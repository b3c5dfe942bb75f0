/** Over the picture: that it begins, is lost, rests, runs elsewhere or failed; with what to press where something helps. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import { type LivePart, usePauseLeft } from "./live_stage";

export function StageTrouble({ livestream, publisher }: LivePart) {
  const left = usePauseLeft(livestream);
  const stage = publisher?.stage.value ?? null;
  const isPrivate = livestream?.pause_reason === "private";
  if (stage === "failed") return <Failed publisher={publisher} />;
  if (isPrivate && (stage === null || stage === "paused" || stage === "idle")) return <Paused left={left} />;
  if (stage === "taken_over") {
    return (
      <Elsewhere title={texts.studio.takenOverTitle} hint={texts.studio.takenOverHint} press={texts.studio.takeOver} />
    );
  }
  if (stage === null) {
    return <Elsewhere title={texts.studio.goOnTitle} hint={texts.studio.goOnHint} press={texts.studio.goOn} />;
  }
  return (
    <div class="stage__state" role="status">
      {stage === "starting" && (
        <p class="stage__sign">
          <span class="button__spinner" aria-hidden="true" /> {texts.studio.starting}
        </p>
      )}
      {stage === "reconnecting" && (
        <div class="studio-reconnecting">
          <p>
            <span class="button__spinner" aria-hidden="true" /> {texts.studio.reconnecting}
          </p>
          {left !== null && <p class="figures">{texts.studio.reconnectingHint(formatClock(left))}</p>}
        </div>
      )}
    </div>
  );
}

function Failed({ publisher }: Pick<LivePart, "publisher">) {
  const { ownLivestream } = useServices();
  const refusal = publisher?.refusal.value ?? "refused";
  return (
    <Card title={texts.studio.failedTitle} hint={texts.studio.refusals[refusal]} isAlert>
      <Button look="primary" onPress={() => publisher?.start()}>
        {texts.studio.tryAgain}
      </Button>
      <Button onPress={() => ownLivestream.giveUp()}>{texts.studio.backToPreparing}</Button>
    </Card>
  );
}

function Paused({ left }: { left: number | null }) {
  const { ownLivestream, liveConsultation } = useServices();
  const consultation = liveConsultation.value.value;
  const isTalking = consultation?.status === "in_progress";
  return (
    <Card title={texts.studio.pausedTitle} hint={texts.studio.pausedHint}>
      {left !== null && <p class="figures studio-card__left">{texts.studio.pausedLeft(formatClock(left))}</p>}
      {isTalking ? (
        <a class="button button--primary" href={`/room/${consultation.id}`}>
          {texts.shell.backToRoom}
        </a>
      ) : (
        <GoOnButton text={texts.studio.backLive} onPress={() => ownLivestream.goOn()} />
      )}
    </Card>
  );
}

function Elsewhere(props: { title: string; hint: string; press: string }) {
  const { ownLivestream } = useServices();
  return (
    <Card title={props.title} hint={props.hint}>
      <GoOnButton text={props.press} onPress={() => ownLivestream.goOn()} />
    </Card>
  );
}

function GoOnButton(props: { text: string; onPress: () => Promise<void> }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const press = async () => {
    setProblem(null);
    try {
      await props.onPress();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button look="primary" busyText={texts.studio.openingDevices} onPress={press}>
        {props.text}
      </Button>
      <ProblemNote problem={problem} />
    </>
  );
}

function Card(props: { title: string; hint: string; isAlert?: boolean; children: ComponentChildren }) {
  return (
    <div class="stage__card" role={props.isAlert ? "alert" : "status"}>
      <h2>{props.title}</h2>
      <p>{props.hint}</p>
      {props.children}
    </div>
  );
}
