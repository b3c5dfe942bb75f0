/** Test mode: the bank wants a confirmation, and whoever tries the site answers for it. */
import { useServices } from "../services";
import type { TopUpStep } from "../stores/adding_money";
import { texts } from "../texts";
import { Button } from "./button";
import { Note, ProblemNote } from "./notes";

export function BankStep(props: { step: Extract<TopUpStep, { kind: "bank" }> }) {
  const { addingMoney } = useServices();
  const { step } = props;
  return (
    <div class="stack">
      <Note>
        <p role="status">
          <strong>{texts.money.bankAsksTitle}</strong> {texts.money.bankAsks}
        </p>
      </Note>
      <ProblemNote problem={step.problem} />
      <Button
        look="primary"
        isWide
        isBusy={step.answering === "confirmed"}
        isDisabled={step.answering !== null}
        busyText={texts.money.paying}
        onPress={() => addingMoney.answerForBank("confirmed")}
      >
        {texts.money.bankConfirm}
      </Button>
      <Button
        isWide
        isBusy={step.answering === "refused"}
        isDisabled={step.answering !== null}
        busyText={texts.money.paying}
        onPress={() => addingMoney.answerForBank("refused")}
      >
        {texts.money.bankRefuse}
      </Button>
    </div>
  );
}
