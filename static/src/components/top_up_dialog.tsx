/** Adding money without leaving what one is doing. */
import { texts } from "../texts";
import { Dialog } from "./dialog";
import { TopUpForm } from "./top_up_form";

export function TopUpDialog(props: { ratePerMinuteMinor?: number; onClose: () => void }) {
  return (
    <Dialog title={texts.money.addMoney} onClose={props.onClose}>
      <TopUpForm
        {...(props.ratePerMinuteMinor === undefined ? {} : { ratePerMinuteMinor: props.ratePerMinuteMinor })}
      />
    </Dialog>
  );
}
