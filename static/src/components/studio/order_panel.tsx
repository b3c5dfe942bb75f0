/** Order in the chat: how fast and by whom may be written; who helps, and who is kept out. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Livestream } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { SelectField } from "../fields";
import { ProblemNote } from "../notes";
import { Moderators, Sanctions } from "./order_lists";

export function OrderPanel({ livestream }: { livestream: Livestream }) {
  const { live, ownLivestream } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = async (change: { slow_mode_seconds?: number; is_followers_only?: boolean }) => {
    setProblem(null);
    try {
      const answer = await live.send("livestream.set_chat", { livestream_id: livestream.id, ...change });
      ownLivestream.hear(answer.livestream);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <div class="stack studio-side__panel">
      <div class="stack stack--tight">
        <SelectField
          label={texts.studio.slowMode}
          value={String(livestream.slow_mode_seconds)}
          options={slowModes(livestream.slow_mode_seconds)}
          onChange={(seconds) => void set({ slow_mode_seconds: Number(seconds) })}
        />
        <span class="field__hint">{texts.studio.slowModeHint}</span>
      </div>
      <label class="check-line">
        <input
          type="checkbox"
          checked={livestream.is_followers_only}
          onChange={(event) => void set({ is_followers_only: event.currentTarget.checked })}
        />
        {texts.studio.followersOnly}
      </label>
      <ProblemNote problem={problem} />
      <Moderators />
      <Sanctions />
    </div>
  );
}

/** The usual ones, and the one that is set if it is another. */
function slowModes(set: number): { value: string; label: string }[] {
  const usual = Object.keys(texts.studio.slowModes).map(Number);
  const all = [...new Set([...usual, set])].sort((one, other) => one - other);
  return all.map((seconds) => ({
    value: String(seconds),
    label: texts.studio.slowModes[String(seconds)] ?? texts.studio.slowModeOther(seconds),
  }));
}
