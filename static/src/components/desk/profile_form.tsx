/** What clients read about the reader. */
import { useState } from "preact/hooks";
import { useSaving } from "../../hooks/saving";
import type { OwnReader } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { TextField } from "../fields";
import { ProblemNote } from "../notes";

export function ProfileForm(props: { reader: OwnReader }) {
  const { reader } = props;
  const { resources } = useServices();
  const [headline, setHeadline] = useState(reader.headline ?? "");
  const [bio, setBio] = useState(reader.bio ?? "");
  const [specialties, setSpecialties] = useState(reader.specialties.join(", "));
  const [languages, setLanguages] = useState(reader.languages.join(", "));
  const [experience, setExperience] = useState(String(reader.experience_years));
  const [certifications, setCertifications] = useState(reader.certifications.join("\n"));
  const saving = useSaving(() =>
    resources.changeOwnReader({
      headline: headline.trim(),
      bio: bio.trim(),
      specialties: listed(specialties, ","),
      languages: listed(languages, ","),
      experience_years: experience.trim() === "" ? null : Number(experience),
      certifications: listed(certifications, "\n"),
    }),
  );
  const problemOf = (field: string) => saving.problem?.fields.find((one) => one.path.startsWith(field))?.message;
  return (
    <form class="card stack" onSubmit={saving.submit}>
      <h2>{texts.desk.profile}</h2>
      <TextField
        label={texts.desk.headline}
        value={headline}
        onInput={setHeadline}
        maxLength={120}
        problem={problemOf("headline")}
      />
      <TextField label={texts.desk.bio} value={bio} onInput={setBio} isMultiline rows={6} problem={problemOf("bio")} />
      <TextField
        label={texts.desk.specialties}
        value={specialties}
        onInput={setSpecialties}
        problem={problemOf("specialties")}
      />
      <TextField
        label={texts.desk.languages}
        hint={texts.desk.languagesHint}
        value={languages}
        onInput={setLanguages}
        problem={problemOf("languages")}
      />
      <TextField
        label={texts.desk.experience}
        type="number"
        inputMode="numeric"
        value={experience}
        onInput={setExperience}
        problem={problemOf("experience_years")}
      />
      <TextField
        label={texts.desk.certifications}
        value={certifications}
        onInput={setCertifications}
        isMultiline
        rows={3}
        problem={problemOf("certifications")}
      />
      <ProblemNote problem={saving.problem} />
      <div>
        <Button type="submit" isBusy={saving.isBusy} busyText={texts.shell.working}>
          {texts.shell.save}
        </Button>
      </div>
    </form>
  );
}

function listed(text: string, separator: string): string[] {
  const parts = text.split(separator).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))];
}
