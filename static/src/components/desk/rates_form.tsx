/** What a minute costs, for each type of consultation. */
import { useState } from "preact/hooks";
import { useSaving } from "../../hooks/saving";
import type { OwnReader, Rates } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { editableMoney, parseMoney } from "../../texts/formats";
import { Button } from "../button";
import { TextField } from "../fields";
import { ProblemNote } from "../notes";

const TYPES = ["chat", "call", "video"] as const;
type Typed = Record<(typeof TYPES)[number], string>;

export function RatesForm(props: { reader: OwnReader }) {
  const { resources, site } = useServices();
  const currency = site.value?.currency ?? "USD";
  const shown = (type: (typeof TYPES)[number]) => {
    const rate = props.reader.rates[type];
    return rate === null ? "" : editableMoney(rate.rate_per_minute_minor, currency);
  };
  const [typed, setTyped] = useState<Typed>({ chat: shown("chat"), call: shown("call"), video: shown("video") });
  const isBad = (type: (typeof TYPES)[number]) =>
    typed[type].trim() !== "" && parseMoney(typed[type], currency) === null;
  const saving = useSaving(() => resources.changeOwnReader({ rates: ratesOf(typed, currency) }));
  return (
    <form class="card stack" onSubmit={saving.submit}>
      <h2>{texts.desk.rates}</h2>
      <p class="faint">{texts.desk.ratesHint}</p>
      <div class="field-row">
        {TYPES.map((type) => (
          <TextField
            key={type}
            label={texts.desk.rateFor(texts.readers.types[type] ?? type)}
            inputMode="decimal"
            value={typed[type]}
            onInput={(value) => setTyped({ ...typed, [type]: value })}
            problem={
              isBad(type)
                ? texts.desk.invalidAmount
                : saving.problem?.fieldMessage(`rates.${type}.rate_per_minute_minor`)
            }
          />
        ))}
      </div>
      <p class="faint">{texts.desk.rateEmpty}</p>
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy} isDisabled={TYPES.some(isBad)} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}

function ratesOf(typed: Typed, currency: string): Rates {
  const rate = (text: string) => {
    const minor = parseMoney(text, currency);
    return minor === null ? null : { rate_per_minute_minor: minor };
  };
  return { chat: rate(typed.chat), call: rate(typed.call), video: rate(typed.video) };
}
