/** The way from the desk to the studio. */
import { Radio } from "lucide-preact";
import type { Desk } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";

export function GoLiveCard(props: { desk: Desk }) {
  const { ownLivestream, liveConsultation } = useServices();
  const livestream = ownLivestream.value.value;
  const consultation = liveConsultation.value.value;
  const isTalking = consultation?.status === "in_progress";
  return (
    <section class="card stack stack--tight" aria-labelledby="go-live-title">
      <h2 id="go-live-title">{texts.studio.deskTitle}</h2>
      <p class="soft">{hint()}</p>
      {props.desk.is_verified && (!isTalking || livestream !== null) && (
        <div>
          <a class="button" href="/studio">
            <Radio size={18} aria-hidden="true" />
            {livestream === null ? texts.studio.goLive : texts.studio.toStudio}
          </a>
        </div>
      )}
    </section>
  );

  function hint(): string {
    if (livestream !== null) return texts.studio.deskIsLive(livestream.title);
    if (isTalking) return texts.studio.inConsultation(consultation.client.display_name);
    return props.desk.is_verified ? texts.studio.deskHint : texts.studio.notVerified;
  }
}
