/** A text field with its label, hint and problem wired together for every kind of reader. */
import { useId } from "preact/hooks";

export interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "email" | "password" | "search" | "number" | "time" | "datetime-local";
  hint?: string | undefined;
  problem?: string | undefined;
  autoComplete?: string;
  inputMode?: "text" | "decimal" | "numeric" | "email";
  isRequired?: boolean;
  isMultiline?: boolean;
  rows?: number;
  maxLength?: number;
  minLength?: number;
  name?: string;
}

export function TextField(props: TextFieldProps) {
  const id = useId();
  const described = [props.hint ? `${id}-hint` : "", props.problem ? `${id}-problem` : ""].filter(Boolean).join(" ");
  const shared = {
    id,
    class: "input",
    value: props.value,
    name: props.name,
    required: props.isRequired,
    maxLength: props.maxLength,
    minLength: props.minLength,
    autoComplete: props.autoComplete,
    "aria-invalid": props.problem ? true : undefined,
    "aria-describedby": described === "" ? undefined : described,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      props.onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {props.label}
      </label>
      {props.isMultiline ? (
        <textarea {...shared} rows={props.rows ?? 4} />
      ) : (
        <input {...shared} type={props.type ?? "text"} inputMode={props.inputMode} />
      )}
      {props.hint && (
        <span class="field__hint" id={`${id}-hint`}>
          {props.hint}
        </span>
      )}
      {props.problem && (
        <span class="field__problem" id={`${id}-problem`}>
          {props.problem}
        </span>
      )}
    </div>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField(props: {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {props.label}
      </label>
      <select id={id} class="input" value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Radio buttons that look like cards. */
export function ChoiceField(props: {
  legend: string;
  name: string;
  value: string;
  options: readonly (Option & { hint?: string | undefined })[];
  onChange: (value: string) => void;
}) {
  return (
    <fieldset class="field">
      <legend class="field__label">{props.legend}</legend>
      <div class="choices">
        {props.options.map((option) => (
          <label key={option.value} class="choice">
            <input
              type="radio"
              name={props.name}
              value={option.value}
              checked={props.value === option.value}
              onChange={() => props.onChange(option.value)}
            />
            <span class="choice__face">
              <span class="choice__title">{option.label}</span>
              {option.hint && <span class="field__hint">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
