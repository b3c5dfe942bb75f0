/** Title, category, description, cover, recording and gift goal of a livestream. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../../api/problems";
import { useIsWide } from "../../hooks/wide";
import type { DetailsMistake, TypedDetails } from "../../livestreams/details";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { SelectField, TextField } from "../fields";
import { PictureField } from "./picture_field";

export interface DetailsFormProps {
  typed: TypedDetails;
  /** Only those that should be said: nobody is corrected before they pressed. */
  mistakes: readonly DetailsMistake[];
  problem: Problem | null;
  categories: readonly string[];
  coverUrl: string | null;
  /** It goes on already: whether it is recorded is settled. */
  isLive?: boolean;
  onChange: (typed: TypedDetails) => void;
  children?: ComponentChildren;
}

export function DetailsForm(props: DetailsFormProps) {
  const { typed, mistakes, problem, onChange } = props;
  const isWide = useIsWide();
  return (
    <>
      <TextField
        label={texts.studio.titleLabel}
        value={typed.title}
        maxLength={120}
        onInput={(title) => onChange({ ...typed, title })}
        problem={mistakes.includes("title") ? texts.studio.titleNeeded : problem?.fieldMessage("title")}
      />
      {props.children}
      <SelectField
        label={texts.studio.categoryLabel}
        value={typed.category}
        options={props.categories.map((value) => ({ value, label: texts.studio.categories[value] ?? value }))}
        onChange={(category) => onChange({ ...typed, category })}
      />
      <details class="studio-more" open={isWide || mistakes.some((mistake) => mistake.startsWith("goal"))}>
        <summary>{texts.studio.more}</summary>
        <RareDetails {...props} />
      </details>
    </>
  );
}

function RareDetails(props: DetailsFormProps) {
  const { typed, problem, onChange } = props;
  return (
    <div class="stack">
      <TextField
        label={texts.studio.descriptionLabel}
        isMultiline
        rows={3}
        maxLength={2_000}
        value={typed.description}
        onInput={(description) => onChange({ ...typed, description })}
        problem={problem?.fieldMessage("description")}
      />
      <PictureField
        label={texts.studio.cover}
        hint={texts.studio.coverHint}
        url={typed.coverUploadId === null ? null : props.coverUrl}
        alt={texts.studio.coverAlt}
        isRemovable
        onChange={(coverUploadId) => onChange({ ...typed, coverUploadId })}
      />
      {!props.isLive && <RecordField {...props} />}
      <GoalFields {...props} />
    </div>
  );
}

function RecordField({ typed, onChange }: DetailsFormProps) {
  return (
    <label class="check-line check-line--tall">
      <input
        type="checkbox"
        checked={typed.isRecorded}
        onChange={(event) => onChange({ ...typed, isRecorded: event.currentTarget.checked })}
      />
      <span>
        {texts.studio.record}
        <span class="field__hint studio-more__hint">{texts.studio.recordHint}</span>
      </span>
    </label>
  );
}

function GoalFields({ typed, mistakes, onChange }: DetailsFormProps) {
  const { site } = useServices();
  const currency = site.value?.currency ?? "USD";
  const amountProblem = mistakes.includes("goal_amount")
    ? texts.studio.badAmount
    : mistakes.includes("goal_incomplete")
      ? texts.studio.goalIncomplete
      : undefined;
  return (
    <fieldset class="stack stack--tight">
      <legend class="field__label">{texts.studio.goal}</legend>
      <div class="field-row">
        <TextField
          label={texts.studio.goalTitle}
          value={typed.goalTitle}
          maxLength={80}
          onInput={(goalTitle) => onChange({ ...typed, goalTitle })}
        />
        <TextField
          label={texts.studio.goalAmount(currency)}
          inputMode="decimal"
          value={typed.goalAmount}
          onInput={(goalAmount) => onChange({ ...typed, goalAmount })}
          problem={amountProblem}
        />
      </div>
      <span class="field__hint">{texts.studio.goalTitleHint}</span>
    </fieldset>
  );
}
