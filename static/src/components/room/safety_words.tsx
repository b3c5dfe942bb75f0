/** The words by which two people find out whether somebody sits between them, and how to use them. */
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import type { CallPart } from "./stage";

export function SafetyWords(props: CallPart & { onClose: () => void }) {
  const name = props.other.display_name;
  const words = props.call.safetyWords.value;
  return (
    <Dialog title={texts.calls.safetyWords} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.calls.safetyIntro(name)}</p>
        {props.call.isThroughServer.value ? (
          <p role="status">{texts.recordings.noSafetyWords}</p>
        ) : words === null ? (
          <p class="soft" role="status">
            {texts.calls.safetyWaiting}
          </p>
        ) : (
          <ol class="safety-words">
            {words.map((word, index) => (
              <li key={index}>{word}</li>
            ))}
          </ol>
        )}
        <p>{texts.calls.safetyHow(name)}</p>
        <div>
          <Button onPress={props.onClose}>{texts.calls.done}</Button>
        </div>
      </div>
    </Dialog>
  );
}
