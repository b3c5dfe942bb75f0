/** Everything in sight before a livestream begins, with the one button that begins it. */
import { Radio } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../../api/problems";
import { useOwnDetails } from "../../hooks/own_details";
import { type StudioDevices, useStudioDevices } from "../../hooks/studio_devices";
import type { Livestream } from "../../livestreams/protocol";
import type { LivestreamDraft, LivestreamPatch } from "../../protocol";
import { useServices } from "../../services";
import type { OpenDevices } from "../../stores/call_memory";
import { texts } from "../../texts";
import { formatShortAppointment } from "../../texts/formats";
import { Button } from "../button";
import { Note, ProblemNote } from "../notes";
import { DetailsForm } from "./details_form";
import { StudioPreview } from "./preview";

export interface PrepareProps {
  /** One that was announced and is to begin now. */
  announced: Livestream | null;
  /** The newest one before, whose title and category are taken up. */
  last: Livestream | null;
  isVerified: boolean;
  opensCamera: boolean;
}

export function Prepare(props: PrepareProps) {
  const { liveConsultation } = useServices();
  const consultation = liveConsultation.value.value;
  if (!props.isVerified) return <Refused>{texts.studio.notVerified}</Refused>;
  if (consultation !== null && consultation.status === "in_progress") {
    return (
      <Refused>
        {texts.studio.inConsultation(consultation.client.display_name)}{" "}
        <a href={`/room/${consultation.id}`}>{texts.shell.backToRoom}</a>
      </Refused>
    );
  }
  return <Ready {...props} />;
}

function Refused(props: { children: ComponentChildren }) {
  return (
    <Note tone="warning">
      <p role="status">{props.children}</p>
    </Note>
  );
}

/** The camera stays open while one chooses what to go live with. */
function Ready(props: PrepareProps) {
  const studio = useStudioDevices(props.opensCamera);
  const announcedId = props.announced?.id;
  useEffect(() => {
    // It was chosen from a list further down.
    if (announcedId !== undefined) window.scrollTo(0, 0);
  }, [announcedId]);
  return <ReadyWith key={announcedId ?? "new"} {...props} studio={studio} />;
}

function ReadyWith({ announced, last, studio }: PrepareProps & { studio: StudioDevices }) {
  const details = useOwnDetails(announced, last, { isAnnounced: false });
  const going = useGoingLive(announced);
  const { devices } = studio;
  const hasSomething = devices !== null && (devices.camera.value !== null || devices.microphone.value !== null);
  const isNothingAllowed =
    devices !== null && !studio.isOpening && !hasSomething && studio.isWanted && studio.choice.camera;
  const goLive = async () => {
    const draft = details.check();
    if (draft !== null && (await going.goLive(draft, studio.choice))) details.forgetDraft();
  };
  return (
    <section class="studio-prepare" aria-labelledby="studio-title">
      <div class="stack">
        <StudioPreview studio={studio} />
        {isNothingAllowed && (
          <p class="field__problem" role="alert">
            {texts.studio.withoutBoth}
          </p>
        )}
        <Button look="primary" isWide isDisabled={!hasSomething} busyText={texts.studio.goingLive} onPress={goLive}>
          <Radio size={20} aria-hidden="true" />
          {texts.studio.goLive}
        </Button>
        {/* Carried over from the last time, and on a phone the box for it is folded. */}
        {details.typed.isRecorded && <p class="soft">{texts.studio.isGoingToBeRecorded}</p>}
        <ProblemNote problem={going.problem} />
      </div>
      <div class="card stack">
        <h2>{texts.studio.about}</h2>
        {announced?.scheduled_at != null && (
          <p class="soft">
            {texts.studio.fromSchedule(announced.title, formatShortAppointment(announced.scheduled_at))}{" "}
            <a href="/studio">{texts.studio.anotherInstead}</a>
          </p>
        )}
        <DetailsForm
          typed={details.typed}
          mistakes={details.mistakes}
          problem={going.problem}
          categories={details.categories}
          coverUrl={announced?.cover_url ?? null}
          onChange={details.change}
        />
      </div>
    </section>
  );
}

/** What was announced for a time stays announced for it. */
function withoutTime({ scheduled_at: _, ...others }: LivestreamDraft): LivestreamPatch {
  return others;
}

function useGoingLive(announced: Livestream | null) {
  const { resources, ownLivestream } = useServices();
  const { route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  // One that was made and did not begin is begun by the next press.
  const made = announced ?? ownLivestream.prepared;
  const goLive = async (draft: LivestreamDraft, open: OpenDevices): Promise<boolean> => {
    setProblem(null);
    try {
      const livestream =
        made === null
          ? await resources.createLivestream(draft)
          : await resources.changeLivestream(made.id, withoutTime(draft));
      ownLivestream.prepared = livestream;
      await ownLivestream.publish(livestream.id, open);
      // The address of an announced one would come back to it after its end.
      if (announced !== null) route("/studio", true);
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    }
  };
  return { problem, goLive };
}
