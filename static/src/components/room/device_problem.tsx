/** What is the matter with a camera or microphone, and what to do about it. */
import type { DeviceProblem } from "../../media/types";
import { texts } from "../../texts";
import { Button } from "../button";
import { Note } from "../notes";

export function DeviceProblemNote(props: {
  kind: "camera" | "microphone";
  problem: DeviceProblem | null;
  onRetry: () => unknown;
}) {
  const { kind, problem } = props;
  const words = problem === null ? null : texts.calls.deviceProblems[kind][problem];
  return (
    <div role="alert">
      {words !== null && (
        <Note tone={kind === "microphone" ? "danger" : "warning"}>
          <div class="stack stack--tight grow">
            <p>
              <strong>{words.what}</strong> {words.todo}
            </p>
            <div>
              <Button onPress={props.onRetry}>{texts.calls.tryAgain}</Button>
            </div>
          </div>
        </Note>
      )}
    </div>
  );
}
