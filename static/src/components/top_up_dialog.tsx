/** Adding money without leaving what one is doing. */
import type { ComponentChildren } from "preact";
import { useServices } from "../services";
import { texts } from "../texts";
import { Dialog } from "./dialog";
import { TopUpForm } from "./top_up_form";

export function TopUpDialog(props: {
  ratePerMinuteMinor?: number;
  onClose: () => void;
  /** The way back to what the money was needed for, said on a button once it is there. */
  goOnText?: string;
  /** What must be seen while the sheet is open. */
  children?: ComponentChildren;
}) {
  const { addingMoney, site } = useServices();
  const step = addingMoney.step.value;
  return (
    <Dialog
      title={texts.money.addMoney}
      onClose={props.onClose}
      isClosable={!(step.kind === "card" && step.isPaying)}
      isBelowFrames={site.value?.payments.publishable_key != null}
    >
      {props.children}
      <TopUpForm
        {...(props.ratePerMinuteMinor === undefined ? {} : { ratePerMinuteMinor: props.ratePerMinuteMinor })}
        {...(props.goOnText === undefined ? {} : { goOn: { text: props.goOnText, onPress: props.onClose } })}
      />
    </Dialog>
  );
}
