/** Free now, away, invisible or offline; and whether a request makes a sound. */
import { Bell, BellOff } from "lucide-preact";
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { isSoundOn, setSoundOn } from "../../hooks/ringing";
import type { DeskStatus } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import { StatusBadge } from "../status_badge";

const CHOICES = ["online", "away", "invisible", "offline"] as const;

export function StatusSwitch(props: { status: DeskStatus; onChanged: () => Promise<void> }) {
  const { live, bell } = useServices();
  const [wanted, setWanted] = useState<DeskStatus | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const shown = wanted ?? props.status;
  const choose = async (status: (typeof CHOICES)[number]) => {
    // A press is what a browser asks for before it lets a page ring later.
    bell.unlock();
    setWanted(status);
    setProblem(null);
    try {
      await live.send("reader.set_status", { status });
      await props.onChanged();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setWanted(null);
    }
  };
  return (
    <section class="stack stack--tight">
      <div class="row row--apart">
        <h2 class="desk__label">{texts.desk.status}</h2>
        <SoundSwitch />
      </div>
      {props.status === "busy" ? (
        <StatusBadge status="busy" />
      ) : (
        <fieldset class="segments" aria-label={texts.desk.status}>
          {CHOICES.map((status) => (
            <button
              key={status}
              type="button"
              class={status === "online" ? "segments__online" : ""}
              aria-pressed={shown === status}
              aria-busy={wanted === status}
              onClick={() => void choose(status)}
            >
              {texts.desk.statuses[status]}
            </button>
          ))}
        </fieldset>
      )}
      <p class="faint" role="status">
        {texts.desk.statusHints[shown]}
      </p>
      <ProblemNote problem={problem} />
    </section>
  );
}

function SoundSwitch() {
  const { storage, bell } = useServices();
  const [isOn, setOn] = useState(isSoundOn(storage));
  const change = () => {
    setSoundOn(storage, !isOn);
    setOn(!isOn);
    bell.unlock();
    if (!isOn) bell.ringOnce();
  };
  return (
    <Button look="quiet" isPressed={isOn} onPress={change}>
      {isOn ? <Bell size={18} aria-hidden="true" /> : <BellOff size={18} aria-hidden="true" />}
      {isOn ? texts.desk.soundOn : texts.desk.soundOff}
    </Button>
  );
}
