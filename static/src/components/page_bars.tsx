/** Bars across the page: test mode, a lost connection, a consultation that is waiting. */

import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useServices } from "../services";
import { texts } from "../texts";

export function TestModeBar() {
  const { site } = useServices();
  if (site.value?.payments.mode !== "test") return null;
  return (
    <div class="wide-bar wide-bar--test">
      <span>{texts.shell.testMode}</span>
      {site.value.demo && (
        // A page of the server, not of this app.
        <a href="/dev/mail" target="_self">
          {texts.shell.demoMail}
        </a>
      )}
    </div>
  );
}

const LOSS_SHOWN_AFTER_MS = 1_500;

/** Appears only when a loss lasts, so that a hand-over between networks does not flicker. */
export function ConnectionBar() {
  const { live } = useServices();
  const isLost = live.state.value === "lost";
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!isLost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), LOSS_SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return (
    <div role="status">{isShown && <div class="wide-bar wide-bar--offline">{texts.shell.connectionLost}</div>}</div>
  );
}

export function LiveConsultationBar() {
  const { liveConsultation, login } = useServices();
  const { path } = useLocation();
  const consultation = liveConsultation.value.value;
  const ownId = login.user?.id;
  if (consultation === null || ownId === undefined || path === `/room/${consultation.id}`) return null;
  const isReader = consultation.reader.id === ownId;
  // A reader's ringing request has a card of its own.
  if (isReader && consultation.status === "requested") return null;
  const other = isReader ? consultation.client : consultation.reader;
  const isStopped = consultation.pause_reason === "balance";
  const text =
    consultation.status === "requested"
      ? texts.shell.liveRinging
      : isStopped
        ? texts.shell.liveStopped
        : texts.shell.liveNow;
  return (
    <div class="wide-bar wide-bar--live" role="status">
      <span>{text(other.display_name)}</span>
      <a href={`/room/${consultation.id}`}>{texts.shell.backToRoom}</a>
    </div>
  );
}
