/** Boxes that say something: a problem, a hint, an empty list, a thing that is loading. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problems";
import { texts } from "../texts";
import { problemText } from "../texts/problem_text";
import { Button } from "./button";

export function Note(props: { tone?: "neutral" | "danger" | "warning" | "positive"; children: ComponentChildren }) {
  const tone = props.tone === undefined || props.tone === "neutral" ? "" : ` note--${props.tone}`;
  return <div class={`note${tone}`}>{props.children}</div>;
}

/** Announced at once, because somebody just tried something. */
export function ProblemNote(props: { problem: Problem | null; onRetry?: () => unknown }) {
  return (
    <div role="alert">
      {props.problem !== null && (
        <Note tone="danger">
          <div class="stack stack--tight grow">
            <p>{problemText(props.problem)}</p>
            {props.onRetry && (
              <div>
                <Button onPress={props.onRetry}>{texts.shell.tryAgain}</Button>
              </div>
            )}
          </div>
        </Note>
      )}
    </div>
  );
}

export function Empty(props: { title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.hint !== undefined && <p>{props.hint}</p>}
      {props.children}
    </div>
  );
}

export function Skeleton(props: { shape: "card" | "line" | "page"; count?: number }) {
  return (
    <>
      <span class="for-screen-readers" role="status">
        {texts.shell.loading}
      </span>
      {Array.from({ length: props.count ?? 1 }, (_, index) => (
        <div key={index} class={`skeleton skeleton--${props.shape}`} aria-hidden="true" />
      ))}
    </>
  );
}
