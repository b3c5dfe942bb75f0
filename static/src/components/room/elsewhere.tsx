/** The call runs on another device or tab of the same person; it can be brought here. */
import { MonitorSmartphone } from "lucide-preact";
import { texts } from "../../texts";
import { Button } from "../button";

export function Elsewhere(props: { onTakeOver: () => void }) {
  return (
    <section class="device-check card stack elsewhere" aria-labelledby="elsewhere-title">
      <MonitorSmartphone size={36} aria-hidden="true" />
      <h2 id="elsewhere-title">{texts.calls.elsewhereTitle}</h2>
      <p class="soft">{texts.calls.elsewhereHint}</p>
      <Button look="primary" isWide onPress={props.onTakeOver}>
        {texts.calls.takeOver}
      </Button>
    </section>
  );
}
