/** Sends a form and says how that went. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import { useServices } from "../services";
import { texts } from "../texts";

export function useSaving(save: () => Promise<unknown>, done: string = texts.shell.saved) {
  const { notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event?: Event) => {
    event?.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      await save();
      notices.say(done);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return { problem, isBusy, submit };
}
