/** The directory's filters; topics and languages offered are those that listed readers have. */
import { SlidersHorizontal } from "lucide-preact";
import { useState } from "preact/hooks";
import type { ReaderFilters } from "../api/resources";
import type { Facets } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney, languageName } from "../texts/formats";
import { Button } from "./button";
import { SelectField } from "./fields";

const MAXIMUM_RATES_MINOR = [200, 300, 500, 1000];

export function DirectoryFilters(props: {
  filters: ReaderFilters;
  facets: Facets | null;
  onChange: (name: keyof ReaderFilters, value: string) => void;
}) {
  const { site, login } = useServices();
  const currency = site.value?.currency ?? "USD";
  const { filters, onChange } = props;
  const isOnlineOnly = filters.status === "online";
  const [isFolded, setFolded] = useState(!hasChoices(filters));
  return (
    <div class={`filters${isFolded ? " filters--folded" : ""}${login.user === null ? "" : " filters--own"}`}>
      <label class="choice filters__free">
        <input
          type="checkbox"
          checked={isOnlineOnly}
          onChange={(event) => onChange("status", event.currentTarget.checked ? "online" : "")}
        />
        <span class="choice__face">
          <span class={isOnlineOnly ? "status status--online" : "status"}>{texts.readers.onlineOnly}</span>
        </span>
      </label>
      {login.user !== null && (
        <label class="choice filters__free">
          <input
            type="checkbox"
            checked={filters.followed === true}
            onChange={(event) => onChange("followed", event.currentTarget.checked ? "true" : "")}
          />
          <span class="choice__face">{texts.notifications.onlyFollowed}</span>
        </label>
      )}
      <Button isPressed={!isFolded} onPress={() => setFolded(!isFolded)}>
        <SlidersHorizontal size={18} aria-hidden="true" />
        {texts.readers.filters}
      </Button>
      <SelectField
        label={texts.readers.specialty}
        value={filters.specialty ?? ""}
        options={choices(props.facets?.specialties, filters.specialty, texts.readers.anySpecialty)}
        onChange={(value) => onChange("specialty", value)}
      />
      <SelectField
        label={texts.readers.language}
        value={filters.language ?? ""}
        options={choices(props.facets?.languages, filters.language, texts.readers.anyLanguage, languageName)}
        onChange={(value) => onChange("language", value)}
      />
      <SelectField
        label={texts.readers.maximumRate}
        value={filters.max_rate_minor === undefined ? "" : String(filters.max_rate_minor)}
        options={[
          { value: "", label: texts.readers.anyRate },
          ...MAXIMUM_RATES_MINOR.map((rate) => ({ value: String(rate), label: formatMoney(rate, currency) })),
        ]}
        onChange={(value) => onChange("max_rate_minor", value)}
      />
      <SelectField
        label={texts.readers.sort}
        value={filters.sort ?? "recommended"}
        options={Object.entries(texts.readers.sorts).map(([value, label]) => ({ value, label }))}
        onChange={(value) => onChange("sort", value === "recommended" ? "" : value)}
      />
    </div>
  );
}

/** On a phone the choices are folded away, unless some are in force. */
function hasChoices(filters: ReaderFilters): boolean {
  return Boolean(filters.specialty || filters.language || filters.max_rate_minor || filters.sort);
}

function choices(
  found: Facets["languages"] | undefined,
  chosen: string | undefined,
  any: string,
  name = (value: string) => value,
) {
  const values = new Set((found ?? []).map((facet) => facet.value));
  if (chosen !== undefined) values.add(chosen);
  return [{ value: "", label: any }, ...[...values].map((value) => ({ value, label: name(value) }))];
}
