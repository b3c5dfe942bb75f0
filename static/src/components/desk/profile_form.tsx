/** What clients read about the reader. */
import { useState } from "preact/hooks";
import { useSaving } from "../../hooks/saving";
import type { OwnReader, ReaderPatch } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { TextField, type TextFieldProps } from "../fields";
import { ProblemNote } from "../notes";

interface Typed {
  headline: string;
  bio: string;
  specialties: string;
  languages: string;
  experience_years: string;
  certifications: string;
}

const FIELDS: readonly (Omit<TextFieldProps, "value" | "onInput" | "problem" | "name"> & { name: keyof Typed })[] = [
  { name: "headline", label: texts.desk.headline, maxLength: 120 },
  { name: "bio", label: texts.desk.bio, isMultiline: true, rows: 6 },
  { name: "specialties", label: texts.desk.specialties },
  { name: "languages", label: texts.desk.languages, hint: texts.desk.languagesHint },
  { name: "experience_years", label: texts.desk.experience, type: "number", inputMode: "numeric" },
  { name: "certifications", label: texts.desk.certifications, isMultiline: true, rows: 3 },
];

export function ProfileForm(props: { reader: OwnReader }) {
  const { resources } = useServices();
  const [typed, setTyped] = useState<Typed>(() => typedOf(props.reader));
  const saving = useSaving(() => resources.changeOwnReader(patchOf(typed)));
  const problemOf = (name: string) => saving.problem?.fields.find((field) => field.path.startsWith(name))?.message;
  return (
    <form class="card stack" onSubmit={saving.submit}>
      <h2>{texts.desk.profile}</h2>
      {FIELDS.map((field) => (
        <TextField
          key={field.name}
          {...field}
          value={typed[field.name]}
          onInput={(value) => setTyped({ ...typed, [field.name]: value })}
          problem={problemOf(field.name)}
        />
      ))}
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}

function typedOf(reader: OwnReader): Typed {
  return {
    headline: reader.headline ?? "",
    bio: reader.bio,
    specialties: reader.specialties.join(", "),
    languages: reader.languages.join(", "),
    experience_years: String(reader.experience_years),
    certifications: reader.certifications.join("\n"),
  };
}

function patchOf(typed: Typed): ReaderPatch {
  return {
    headline: typed.headline.trim(),
    bio: typed.bio.trim(),
    specialties: listed(typed.specialties, ","),
    languages: listed(typed.languages, ","),
    experience_years: typed.experience_years.trim() === "" ? null : Number(typed.experience_years),
    certifications: listed(typed.certifications, "\n"),
  };
}

function listed(text: string, separator: string): string[] {
  const parts = text.split(separator).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))];
}
