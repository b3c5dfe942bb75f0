/** The form of a livestream's details: what it starts with, what of it is wrong, and that nothing typed is lost. */
import { useState } from "preact/hooks";
import {
  bodyOf,
  type DetailsMistake,
  FIRST_DETAILS,
  localTime,
  mistakesOf,
  type TypedDetails,
  typedOf,
} from "../livestreams/details";
import type { Livestream } from "../livestreams/protocol";
import type { LivestreamDraft } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { useLoaded } from "./loading";

const DRAFT = "soulseer.studio_draft";
const CATEGORY_LENGTH = 40;

export interface OwnDetails {
  typed: TypedDetails;
  change: (typed: TypedDetails) => void;
  mistakes: readonly DetailsMistake[];
  categories: readonly string[];
  /** Null, and the mistakes are said from here on, where something is wrong. */
  check: () => LivestreamDraft | null;
  forgetDraft: () => void;
}

/** `livestream`: one that was announced; otherwise a new one, which begins as the last one was. */
export function useOwnDetails(
  livestream: Livestream | null,
  last: Livestream | null,
  { isAnnounced }: { isAnnounced: boolean },
): OwnDetails {
  const { login, resources, site, serverClock, storage } = useServices();
  const reader = useLoaded(() => resources.ownReader(), []);
  const isDraftKept = livestream === null && !isAnnounced;
  const [typed, setTyped] = useState<TypedDetails>(() => {
    if (livestream !== null) return typedOf(livestream);
    const begun = beginAs(last, login.user?.display_name ?? "");
    if (isAnnounced) return { ...begun, when: proposedTime(serverClock.nowMs()) };
    return readDraft(storage) ?? begun;
  });
  const [isChecked, setChecked] = useState(false);
  const currency = site.value?.currency ?? "USD";
  const mistakes = mistakesOf(typed, currency, { isAnnounced, nowMs: serverClock.nowMs() });
  const own = reader.value?.specialties ?? [];
  return {
    typed,
    change: (next) => {
      setTyped(next);
      // Null for the cover's picture: what was sent to the server need not be there any more tomorrow.
      if (isDraftKept) storage.setItem(DRAFT, JSON.stringify({ ...next, coverUploadId: undefined }));
    },
    mistakes: isChecked ? mistakes : [],
    categories: [...new Set(["general", typed.category, ...own])].filter(({ length }) => length <= CATEGORY_LENGTH),
    check: () => {
      setChecked(true);
      return mistakes.length === 0 ? bodyOf(typed, currency) : null;
    },
    forgetDraft: () => storage.removeItem(DRAFT),
  };
}

function beginAs(last: Livestream | null, name: string): TypedDetails {
  if (last === null) return { ...FIRST_DETAILS, title: texts.studio.titleDefault(name) };
  const { title, category, is_recorded: isRecorded } = last;
  return { ...FIRST_DETAILS, title, category, isRecorded };
}

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/** Tomorrow at this time, on a round quarter. */
function proposedTime(nowMs: number): string {
  return localTime(Math.ceil((nowMs + DAY_MS) / QUARTER_MS) * QUARTER_MS);
}

function readDraft(storage: Storage): TypedDetails | null {
  try {
    const kept = JSON.parse(storage.getItem(DRAFT) ?? "null") as Partial<TypedDetails> | null;
    return kept === null || typeof kept.title !== "string" ? null : { ...FIRST_DETAILS, ...kept };
  } catch {
    return null;
  }
}
