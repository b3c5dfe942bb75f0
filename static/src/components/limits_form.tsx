/** How much the client lets themselves spend at most; it holds over everything the wallet pays. */
import { useState } from "preact/hooks";
import { useLoaded } from "../hooks/loading";
import { useSaving } from "../hooks/saving";
import type { LimitsView } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { editableMoney, parseMoney } from "../texts/formats";
import { Button } from "./button";
import { TextField } from "./fields";
import { ProblemNote } from "./notes";

const KINDS = ["per_consultation_minor", "per_day_minor", "per_month_minor"] as const;
type Typed = Record<(typeof KINDS)[number], string>;

export function SpendingLimits() {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.limits(), []);
  if (loaded.value === null) return null;
  return <LimitsForm limits={loaded.value} />;
}

function LimitsForm(props: { limits: LimitsView }) {
  const { resources, site } = useServices();
  const currency = site.value?.currency ?? "USD";
  const shown = (minor: number | null) => (minor === null ? "" : editableMoney(minor, currency));
  const [typed, setTyped] = useState<Typed>({
    per_consultation_minor: shown(props.limits.per_consultation_minor),
    per_day_minor: shown(props.limits.per_day_minor),
    per_month_minor: shown(props.limits.per_month_minor),
  });
  const parsed = (kind: (typeof KINDS)[number]) => parseMoney(typed[kind], currency);
  const isBad = (kind: (typeof KINDS)[number]) => typed[kind].trim() !== "" && parsed(kind) === null;
  const saving = useSaving(() =>
    resources.setLimits({
      per_consultation_minor: parsed("per_consultation_minor"),
      per_day_minor: parsed("per_day_minor"),
      per_month_minor: parsed("per_month_minor"),
    }),
  );
  return (
    <form class="card stack" onSubmit={saving.submit}>
      <h2>{texts.money.limits}</h2>
      <p class="faint">{texts.money.limitsHint}</p>
      <div class="field-row">
        {KINDS.map((kind) => (
          <TextField
            key={kind}
            label={texts.money.limitKinds[kind]}
            inputMode="decimal"
            value={typed[kind]}
            onInput={(value) => setTyped({ ...typed, [kind]: value })}
            problem={isBad(kind) ? texts.desk.invalidAmount : saving.problem?.fieldMessage(kind)}
          />
        ))}
      </div>
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy} isDisabled={KINDS.some(isBad)} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}
