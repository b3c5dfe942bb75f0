/** One top-up from the press of the button to the money in the wallet, which only the provider's webhook brings. */
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import type { TopUp } from "../protocol";
import { useServices } from "../services";

export type TopUpStep =
  | { kind: "choosing"; problem: Problem | null }
  | { kind: "sending" }
  | { kind: "pending"; topUp: TopUp; isSlow: boolean }
  | { kind: "completed"; topUp: TopUp }
  | { kind: "failed"; topUp: TopUp };

const ASK_EVERY_MS = 700;
const SLOW_AFTER_MS = 15_000;
const GIVE_UP_AFTER_MS = 120_000;

export function useTopUp() {
  const { resources, wallet } = useServices();
  const [step, setStep] = useState<TopUpStep>({ kind: "choosing", problem: null });
  const isGone = useRef(false);
  // The same key for the same wish: a repeat after a lost answer takes the money once.
  const wish = useRef<{ body: string; key: string } | null>(null);
  useEffect(
    () => () => {
      isGone.current = true;
    },
    [],
  );

  const follow = async (topUp: TopUp) => {
    const startedAtMs = Date.now();
    for (let current = topUp; !isGone.current; ) {
      if (current.status === "completed" || current.status === "failed") {
        await wallet.reload();
        setStep({ kind: current.status, topUp: current });
        return;
      }
      const elapsedMs = Date.now() - startedAtMs;
      setStep({ kind: "pending", topUp: current, isSlow: elapsedMs > SLOW_AFTER_MS });
      if (elapsedMs > GIVE_UP_AFTER_MS) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      current = await resources.findTopUp(topUp.id).catch(() => current);
    }
  };

  const start = async (amountMinor: number, paymentMethod: string | null) => {
    const body =
      paymentMethod === null
        ? { amount_minor: amountMinor }
        : { amount_minor: amountMinor, payment_method: paymentMethod };
    const text = JSON.stringify(body);
    if (wish.current?.body !== text) wish.current = { body: text, key: crypto.randomUUID() };
    setStep({ kind: "sending" });
    try {
      const topUp = await resources.topUp(body, wish.current.key);
      wish.current = null;
      await follow(topUp);
    } catch (error) {
      const problem = asProblem(error);
      // A clear refusal is final; only an answer that never came keeps its key.
      if (!problem.isRetryable) wish.current = null;
      setStep({ kind: "choosing", problem });
    }
  };

  return { step, start, again: () => setStep({ kind: "choosing", problem: null }) };
}
