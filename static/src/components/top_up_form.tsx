/** How much, with which card, and what became of it. */
import { useEffect, useState } from "preact/hooks";
import type { Site } from "../protocol";
import { minutesPaidBy } from "../rooms/clock";
import { useServices } from "../services";
import type { TopUpStep } from "../stores/adding_money";
import { texts } from "../texts";
import { formatMoney, parseMoney } from "../texts/formats";
import { BankStep } from "./bank_step";
import { Button } from "./button";
import { CardStep } from "./card_step";
import { ChoiceField, SelectField, TextField } from "./fields";
import { Note, ProblemNote } from "./notes";

const STEPS_MINOR = [1_000, 2_000, 5_000];
const OTHER = "other";

interface TopUpFormProps {
  ratePerMinuteMinor?: number;
  /** What the money was needed for, offered once it is there. */
  goOn?: { text: string; onPress: () => void };
}

export function TopUpForm(props: TopUpFormProps) {
  const { site, addingMoney } = useServices();
  useEffect(() => {
    void addingMoney.enter();
    return () => addingMoney.leave();
  }, [addingMoney]);
  if (site.value === null) return null;
  const { publishable_key: publishableKey, test_payment_methods: testMethods } = site.value.payments;
  if (publishableKey === null && testMethods.length === 0) return <Note>{texts.money.liveUnavailable}</Note>;
  return <Form {...props} site={site.value} />;
}

function Form(props: TopUpFormProps & { site: Site }) {
  const { addingMoney } = useServices();
  const step = addingMoney.step.value;
  const { publishable_key: publishableKey, mode } = props.site.payments;
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
        {props.goOn === undefined ? (
          <div>
            <Button onPress={() => addingMoney.again()}>{texts.money.addMoney}</Button>
          </div>
        ) : (
          <Button look="primary" isWide onPress={props.goOn.onPress}>
            {props.goOn.text}
          </Button>
        )}
      </div>
    );
  }
  if (step.kind === "bank") return <BankStep step={step} />;
  if (step.kind === "card" && publishableKey !== null) {
    return <CardStep step={step} publishableKey={publishableKey} isTest={mode === "test"} />;
  }
  return <Choosing {...props} step={step} start={(amount, method) => addingMoney.start(amount, method)} />;
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
  const isTypedNext = site.payments.publishable_key !== null;
  const methods = isTypedNext ? [] : site.payments.test_payment_methods;
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
        {(isTypedNext ? texts.money.toCard : texts.money.pay)(
          isAmountGood ? formatMoney(amountMinor, site.currency) : "…",
        )}
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
        <Note tone="danger">{texts.money.failed(step.topUp.failure)}</Note>
      </div>
    );
  }
  return <ProblemNote problem={step.kind === "choosing" ? step.problem : null} />;
}
