/** How much, with which card, and what became of it. */
import { useState } from "preact/hooks";
import { useTopUp } from "../hooks/top_ups";
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
  const { site } = props;
  const { currency } = site;
  const [choice, setChoice] = useState(String(STEPS_MINOR[0]));
  const [typed, setTyped] = useState("");
  const methods = site.payments.test_payment_methods;
  const [method, setMethod] = useState(methods[0]?.id ?? "");
  const { step, start, again } = useTopUp();
  const amountMinor = choice === OTHER ? parseMoney(typed, currency) : Number(choice);
  const { top_up_minimum_minor: minimum, top_up_maximum_minor: maximum } = site.wallet;
  const isAmountGood = amountMinor !== null && amountMinor >= minimum && amountMinor <= maximum;
  const range = texts.money.amountRange(formatMoney(minimum, currency), formatMoney(maximum, currency));

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
  const minutesText = (minor: number) =>
    props.ratePerMinuteMinor === undefined
      ? undefined
      : texts.money.minutes(minutesPaidBy(minor, props.ratePerMinuteMinor));
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isAmountGood) void start(amountMinor, method === "" ? null : method);
      }}
    >
      <ChoiceField
        legend={texts.money.amount}
        name="amount"
        value={choice}
        onChange={setChoice}
        options={[
          ...STEPS_MINOR.filter((minor) => minor >= minimum && minor <= maximum).map((minor) => ({
            value: String(minor),
            label: formatMoney(minor, currency),
            hint: minutesText(minor),
          })),
          { value: OTHER, label: texts.money.otherAmount },
        ]}
      />
      {choice === OTHER && (
        <TextField
          label={texts.money.otherAmount}
          inputMode="decimal"
          value={typed}
          onInput={setTyped}
          hint={range}
          problem={typed !== "" && !isAmountGood ? range : undefined}
        />
      )}
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
      {step.kind === "failed" && (
        <div role="alert">
          <Note tone="danger">{texts.money.failed}</Note>
        </div>
      )}
      <ProblemNote problem={step.kind === "choosing" ? step.problem : null} />
      <Button
        type="submit"
        look="primary"
        isWide
        isBusy={step.kind === "sending"}
        busyText={texts.money.paying}
        isDisabled={!isAmountGood}
      >
        {texts.money.pay(isAmountGood ? formatMoney(amountMinor, currency) : "…")}
      </Button>
    </form>
  );
}
