/** Turns a problem into one sentence for a person. */
import type { Problem } from "../api/problems";
import { texts } from "./index";

export function problemText(problem: Problem): string {
  const known = (texts.problems.byCode as Record<string, string | undefined>)[problem.code];
  const waits = problem.retryAfterSeconds === null ? "" : ` ${texts.problems.retryAfter(problem.retryAfterSeconds)}`;
  if (known !== undefined) return known + waits;
  // A refusal with its own sentence (422, most 409) says more than its status.
  if (problem.status >= 400 && problem.status < 500 && problem.message !== "" && problem.status !== 401) {
    return sentence(problem.message) + waits;
  }
  return (texts.problems.byStatus[problem.status] ?? texts.problems.unknown) + waits;
}

function sentence(text: string): string {
  const capital = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
