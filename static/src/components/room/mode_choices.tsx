/** The other ways to talk, each with its price; less is one press, more is asked about first. */
import { useState } from "preact/hooks";
import { useModeChange } from "../../hooks/mode_change";
import type { ConsultationType } from "../../protocol";
import { describeChange, listModeChanges, type ModeChange } from "../../rooms/modes";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ProblemNote } from "../notes";
import { TypeIcon } from "../type_icon";
import type { RoomPart } from "./part";

export function ModeChoices(props: RoomPart & { onDone: () => void }) {
  const { consultation, isClient } = props;
  const { change, problem } = useModeChange(props);
  const [asked, setAsked] = useState<"call" | "video" | null>(null);
  const choose = async ({ mode, isMore }: ModeChange) => {
    if (isMore && isClient && mode !== "chat") return setAsked(mode);
    if (await change(mode)) props.onDone();
  };
  return (
    <div class="stack stack--tight">
      {listModeChanges(consultation).map((one) => (
        <Button key={one.mode} isWide onPress={() => choose(one)}>
          <TypeIcon type={one.mode} />
          <span class="mode-choice">
            <span>{changeText(one, isClient)[one.mode]}</span>
            <span class="mode-choice__price">{priceText(props, one)}</span>
          </span>
        </Button>
      ))}
      <ProblemNote problem={problem} />
      {asked !== null && <AgreeDialog {...props} mode={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

export function changeText({ isMore }: ModeChange, isClient: boolean): Record<ConsultationType, string> {
  if (!isMore) return texts.calls.goOn;
  return isClient ? texts.calls.goUp : texts.calls.suggest;
}

function priceText({ consultation }: RoomPart, change: ModeChange): string {
  const rate = formatMoney(change.ratePerMinuteMinor, consultation.currency);
  return change.ratePerMinuteMinor === consultation.rate_per_minute_minor
    ? texts.calls.samePrice(rate)
    : texts.calls.fromNextMinute(rate);
}

/** The client sees the price before they say yes to it. */
export function AgreeDialog(props: RoomPart & { mode: "call" | "video"; onDone?: () => void; onClose: () => void }) {
  const { consultation, mode } = props;
  const { change, problem } = useModeChange(props);
  const money = (amountMinor: number) => formatMoney(amountMinor, consultation.currency);
  const now = consultation.rate_per_minute_minor;
  const next = describeChange(consultation, mode).ratePerMinuteMinor;
  const agree = async () => {
    if (!(await change(mode))) return;
    props.onClose();
    props.onDone?.();
  };
  return (
    <Dialog title={texts.calls.confirmTitle[mode]} onClose={props.onClose}>
      <div class="stack">
        <p>{next === now ? texts.calls.confirmSame(money(now)) : texts.calls.confirmPrice(money(now), money(next))}</p>
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="primary" onPress={agree}>
            {texts.calls.agree(money(next))}
          </Button>
          <Button onPress={props.onClose}>{texts.calls.stay}</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** For whoever writes instead of talks: how that came, and the way back. */
export function modeName(mode: ConsultationType, part: RoomPart): string {
  return texts.calls.nowBy[mode](formatMoney(part.consultation.rate_per_minute_minor, part.consultation.currency));
}
