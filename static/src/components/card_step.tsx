/** Typing a card into the provider's own fields, and paying with it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { CardField } from "../payments/card_field";
import { useServices } from "../services";
import type { Refusal, TopUpStep } from "../stores/adding_money";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";
import { Button } from "./button";
import { Note, Skeleton } from "./notes";

type CardStepState = Extract<TopUpStep, { kind: "card" }>;
type FieldState = "loading" | "ready" | "failed";

export function CardStep(props: { step: CardStepState; publishableKey: string; isTest: boolean }) {
  const { addingMoney } = useServices();
  const { step } = props;
  const { place, field, state, retry } = useCardField(props.publishableKey, step.clientSecret);
  const amount = formatMoney(step.topUp.amount_minor, step.topUp.currency);
  const submit = (event: Event) => {
    event.preventDefault();
    if (state === "ready" && field.current !== null) void addingMoney.pay(field.current);
  };
  return (
    <form class="stack" onSubmit={submit}>
      {state === "loading" && <Skeleton shape="line" count={2} />}
      {state === "failed" && <NotLoaded onRetry={retry} />}
      <div ref={place} class={`card-field${state === "ready" ? "" : " card-field--waiting"}`} />
      <p class="faint">{props.isTest ? texts.money.cardTestHint : texts.money.cardHint}</p>
      <div role="alert">{step.refusal !== null && <Note tone="danger">{refusalText(step.refusal)}</Note>}</div>
      <Button
        type="submit"
        look="primary"
        isWide
        isBusy={step.isPaying}
        busyText={texts.money.paying}
        isDisabled={state !== "ready"}
      >
        {texts.money.payByCard(amount)}
      </Button>
      <Button look="quiet" isDisabled={step.isPaying} onPress={() => addingMoney.again()}>
        {texts.money.changeAmount}
      </Button>
    </form>
  );
}

/** The provider's fields in `place`, as long as the component is shown. */
function useCardField(publishableKey: string, clientSecret: string) {
  const { loadStripe } = useServices();
  const place = useRef<HTMLDivElement>(null);
  const field = useRef<CardField | null>(null);
  const [state, setState] = useState<FieldState>("loading");
  const [attempt, setAttempt] = useState(1);
  useEffect(() => {
    let isGone = false;
    let opened: CardField | null = null;
    const open = async () => {
      const stripe = await loadStripe(publishableKey);
      if (stripe === null || place.current === null) throw new Error("The card fields have nowhere to be.");
      if (isGone) return;
      opened = new CardField(stripe, clientSecret, window);
      field.current = opened;
      await opened.show(place.current);
      if (!isGone) setState("ready");
    };
    setState("loading");
    open().catch((error) => {
      console.error(error);
      if (!isGone) setState("failed");
    });
    return () => {
      isGone = true;
      field.current = null;
      opened?.close();
    };
  }, [publishableKey, clientSecret, attempt]);
  return { place, field, state, retry: () => setAttempt((attempt) => attempt + 1) };
}

function NotLoaded(props: { onRetry: () => void }) {
  return (
    <div role="alert">
      <Note tone="danger">
        <div class="stack stack--tight grow">
          <p>{texts.money.cardNotLoaded}</p>
          <div>
            <Button onPress={props.onRetry}>{texts.shell.tryAgain}</Button>
          </div>
        </div>
      </Note>
    </div>
  );
}

function refusalText(refusal: Refusal): string {
  const ours = texts.money.cardRefusals[refusal.reason];
  return refusal.message === null ? ours : `${refusal.message} ${refusal.reason === "declined" ? ours : ""}`.trim();
}
