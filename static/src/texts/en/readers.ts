/** The directory and a reader's profile. */
import type { ConsultationType } from "../../protocol";

export const readerTexts = {
  title: "Readers",
  headline: "Talk to someone who listens",
  intro: "Choose a reader who is free now. You pay by the minute, only while you both are there.",
  search: "Search by name or topic",
  filters: "Filters",
  onlineOnly: "Free now",
  specialty: "Topic",
  anySpecialty: "Any topic",
  language: "Language",
  anyLanguage: "Any language",
  maximumRate: "Up to, a minute",
  anyRate: "Any price",
  sort: "Sort by",
  sorts: {
    recommended: "Recommended",
    rating: "Best rated",
    rate: "Lowest price",
    newest: "Newest",
  } as Record<string, string>,
  clearFilters: "Clear filters",
  found: (count: number, hasMore: boolean) =>
    count === 0 ? "No readers found" : `${count}${hasMore ? "+" : ""} ${count === 1 ? "reader" : "readers"}`,
  noneFree: "Nobody fits these filters right now",
  noneFreeHint: "Readers come and go through the day. Clear the filters to see everyone.",
  noneAtAll: "No readers yet",
  noneAtAllHint: "Readers appear here once the site has verified them.",
  statuses: {
    online: "Free now",
    busy: "Busy now",
    away: "Away",
    invisible: "Offline",
    offline: "Offline",
  } as Record<string, string>,
  perMinute: (rate: string) => `${rate}/min`,
  perMinuteLong: (rate: string) => `${rate} a minute`,
  types: { chat: "Chat", call: "Call", video: "Video" } satisfies Record<ConsultationType, string>,
  typesLong: {
    chat: "Chat",
    call: "Voice call",
    video: "Video consultation",
  } satisfies Record<ConsultationType, string>,
  howToTalk: "How do you want to talk?",
  aMinute: "a minute",
  notOffered: "not offered",
  noReviews: "No reviews yet",
  reviewCount: (count: number) => `${count} ${count === 1 ? "review" : "reviews"}`,
  ratingOf: (rating: string, count: number) => `Rated ${rating} of 5 in ${count} ${count === 1 ? "review" : "reviews"}`,
  nextAvailable: (when: string) => `Planned: ${when}`,
  demonstration: "Demonstration",
  speaks: (languages: string) => `Speaks ${languages}`,
  experience: (years: number) => `${years} ${years === 1 ? "year" : "years"} of experience`,
  about: (name: string) => `About ${name}`,
  certifications: "Training and certificates",
  reviews: "Reviews",
  stars: (count: number) => `${count} ${count === 1 ? "star" : "stars"}`,
  availability: "Planned hours",
  availabilityZone: (zone: string) => `In your time zone, ${zone}. "Free now" always counts more than the plan.`,
  noAvailability: "No hours are planned for the next days. Look for “free now”.",
  exceptions: "Other hours on single days",
  closedDay: "not available",
  start: {
    chat: (rate: string) => `Start chat · ${rate} a minute`,
    call: (rate: string) => `Start call · ${rate} a minute`,
    video: (rate: string) => `Start video · ${rate} a minute`,
  } satisfies Record<ConsultationType, (rate: string) => string>,
  ringing: "Asking…",
  notFree: (name: string) => `${name} cannot be asked right now. This page shows it the moment that changes.`,
  logInToStart: "Log in to start",
  readersCannotStart: "You are logged in as a reader. Only clients start consultations.",
  price: (facts: {
    type: ConsultationType;
    rate: string;
    minuteSeconds: number;
    freeSeconds: number;
    isSettledBySecond: boolean;
  }) => {
    const minute =
      facts.minuteSeconds === 60 ? "Each minute" : `Each billing minute (${facts.minuteSeconds} seconds here)`;
    const settled = facts.isSettledBySecond
      ? "When you end, the unused seconds of the last minute come back."
      : "When you end, the started minute counts.";
    const free =
      facts.freeSeconds > 0
        ? ` Less than ${facts.freeSeconds} ${facts.freeSeconds === 1 ? "second" : "seconds"} together costs nothing.`
        : "";
    const clock = {
      chat: ", and only while you both are connected.",
      call: ". The clock starts when you both hear each other, and stands whenever the sound is lost.",
      video: ". The clock starts when you both see and hear each other, and stands whenever that is lost.",
    }[facts.type];
    return `${minute} costs ${facts.rate}, charged when it starts${clock} ${settled}${free}`;
  },
  lasts: (balance: string, minutes: number) =>
    `Your balance of ${balance} lasts ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`,
  tooLow: (balance: string, minimum: number) =>
    `Your balance of ${balance} is too low: at least ${minimum} ${minimum === 1 ? "minute" : "minutes"} must be covered to start.`,
  addMoney: "Add money",
};
