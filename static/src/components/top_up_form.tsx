/** How much, with which card, and what became of it. */
import { useState } from "preact/hooks";
import { type TopUpStep, useTopUp } from "../hooks/top_ups";
import type { Site } from "../protocol";
import { minutesPaidBy } from "../rooms/clock";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney, parseMoney } from "../texts/formats";
import { Button } from "./button";
import { ChoiceField, SelectField, TextField } from "./fields";
import { Note, ProblemNote } from "./notes";

const STEPS_MINOR = [1_000, 2_000, 5_000];
const OTHER = "other";

export function TopUpForm(props: { ratePerMinuteMinor?: number }) {
  const { site } = useServices();
  if (site.value === null) return null;
  if (site.value.payments.mode === "live" && site.value.payments.test_payment_methods.length === 0) {
    return <Note>{texts.money.liveUnavailable}</Note>;
  }
  return <Form {...props} site={site.value} />;
}

function Form(props: { ratePerMinuteMinor?: number; site: Site }) {
  const { step, start, again } = useTopUp();
  if (step.kind === "pending") {
    return (
      <Note>
        <p role="status">
          <strong>{texts.money.pendingTitle}</strong> {step.isSlow ? texts.money.slow : texts.money.pending}
        </p>
      </Note>
    );
  }
  if (step.kind === "completed") {
    return (
      <div class="stack">
        <Note tone="positive">
          <p role="status">{texts.money.completed(formatMoney(step.topUp.amount_minor, step.topUp.currency))}</p>
        </Note>
        <div>
          <Button onPress={again}>{texts.money.addMoney}</Button>
        </div>
      </div>
    );
  }
  return <Choosing {...props} step={step} start={start} />;
}

function Choosing(props: {
  ratePerMinuteMinor?: number;
  site: Site;
  step: TopUpStep;
  start: (amountMinor: number, paymentMethod: string | null) => Promise<void>;
}) {
  const { site, step } = props;
  const [choice, setChoice] = useState(String(STEPS_MINOR[0]));
  const [typed, setTyped] = useState("");
  const methods = site.payments.test_payment_methods;
  const [method, setMethod] = useState(methods[0]?.id ?? "");
  const amountMinor = choice === OTHER ? parseMoney(typed, site.currency) : Number(choice);
  const { top_up_minimum_minor: minimum, top_up_maximum_minor: maximum } = site.wallet;
  const isAmountGood = amountMinor !== null && amountMinor >= minimum && amountMinor <= maximum;
  const submit = (event: Event) => {
    event.preventDefault();
    if (isAmountGood) void props.start(amountMinor, method === "" ? null : method);
  };
  return (
    <form class="stack" onSubmit={submit}>
      <AmountChoice {...props} choice={choice} onChange={setChoice} />
      {choice === OTHER && <OtherAmount site={site} typed={typed} isGood={isAmountGood} onInput={setTyped} />}
      {methods.length > 0 && (
        <div class="stack stack--tight">
          <SelectField
            label={texts.money.testCard}
            value={method}
            onChange={setMethod}
            options={methods.map((known) => ({ value: known.id, label: known.label }))}
          />
          <p class="faint">{texts.money.testCardHint}</p>
        </div>
      )}
      <Failure step={step} />
      <Button
        type="submit"
        look="primary"
        isWide
        isBusy={step.kind === "sending"}
        busyText={texts.money.paying}
        isDisabled={!isAmountGood}
      >
        {texts.money.pay(isAmountGood ? formatMoney(amountMinor, site.currency) : "…")}
      </Button>
    </form>
  );
}

function AmountChoice(props: {
  ratePerMinuteMinor?: number;
  site: Site;
  choice: string;
  onChange: (choice: string) => void;
}) {
  const { currency, wallet } = props.site;
  const rate = props.ratePerMinuteMinor;
  const offered = STEPS_MINOR.filter(
    (minor) => minor >= wallet.top_up_minimum_minor && minor <= wallet.top_up_maximum_minor,
  );
  return (
    <ChoiceField
      legend={texts.money.amount}
      name="amount"
      value={props.choice}
      onChange={props.onChange}
      options={[
        ...offered.map((minor) => ({
          value: String(minor),
          label: formatMoney(minor, currency),
          hint: rate === undefined ? undefined : texts.money.minutes(minutesPaidBy(minor, rate)),
        })),
        { value: OTHER, label: texts.money.otherAmount },
      ]}
    />
  );
}

function OtherAmount(props: { site: Site; typed: string; isGood: boolean; onInput: (typed: string) => void }) {
  const { currency, wallet } = props.site;
  const range = texts.money.amountRange(
    formatMoney(wallet.top_up_minimum_minor, currency),
    formatMoney(wallet.top_up_maximum_minor, currency),
  );
  return (
    <TextField
      label={texts.money.otherAmount}
      inputMode="decimal"
      value={props.typed}
      onInput={props.onInput}
      hint={range}
      problem={props.typed !== "" && !props.isGood ? range : undefined}
    />
  );
}

function Failure(props: { step: TopUpStep }) {
  const { step } = props;
  if (step.kind === "failed") {
    return (
      <div role="alert">
        <Note tone="danger">{texts.money.failed}</Note>
      </div>
    );
  }
  return <ProblemNote problem={step.kind === "choosing" ? step.problem : null} />;
}
