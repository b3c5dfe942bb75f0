/** Following readers, notifications, and what a pushed message says. Used by the service worker too, so it leans on nothing else. */
import type { NotificationView } from "../../generated/protocol";

type Kind = NotificationView["kind"];

export const notificationTexts = {
  follow: "Follow",
  following: "Following",
  followOf: (name: string) => `Follow ${name}`,
  followingOf: (name: string) => `Following ${name}`,
  followers: (count: number) => (count === 1 ? "1 follower" : `${count} followers`),
  nowFollowing: (name: string) => `You follow ${name}. Nobody else sees that.`,
  notFollowing: (name: string) => `You do not follow ${name} any more.`,
  onlyFollowed: "Followed",
  noneFollowed: "Nobody you follow is here",
  noneFollowedHint: "Open a reader's page and press Follow to find them here again.",

  title: "Notifications",
  bell: (unread: number) =>
    unread === 0 ? "Notifications" : `Notifications, ${unread >= 100 ? "more than 99" : unread} unread`,
  bellCount: (unread: number) => (unread >= 100 ? "99+" : String(unread)),
  isNew: "New",
  empty: "Nothing yet",
  emptyHint: "Follow a reader, and you read here when they come online or go live.",
  findReaders: "Find readers",
  choose: "Choose what you are told",

  offerTitle: "Be told also when this site is closed?",
  offer: (name: string) =>
    `You follow ${name}; nobody else sees that. Your browser can tell you when ${name} comes online or goes live.`,
  turnOn: "Turn on notifications",
  notNow: "Not now",

  settingsTitle: "Notifications",
  settingsIntro: "What you are told: here in the pages, and by push in the browsers that you turned it on for.",
  inPage: "In the pages",
  byPush: "By push",
  kind: "What",
  kinds: {
    reader_online: "A reader I follow comes online",
    reader_live: "A reader I follow goes live",
    livestream_coming: "A reader I follow announces a livestream, and shortly before it",
    queue_turn: "My turn in a reader's line comes",
  } satisfies Record<Kind, string>,
  inPageOf: (kind: string) => `${kind}: in the pages`,
  byPushOf: (kind: string) => `${kind}: by push`,

  pushTitle: "This browser",
  push: {
    unknown: "Looking whether this browser can be told…",
    unsupported:
      "This browser cannot be told while the site is closed. On an iPhone, add the site to the home screen first.",
    denied: "Notifications of this site are blocked in your browser's settings. Allow them there, then come back.",
    off: "This browser says nothing while the site is closed.",
    on: "This browser tells you also when the site is closed, until you log out of it.",
  },
  turnOnHere: "Turn on for this browser",
  turnOff: "Turn off",
  turningOn: "Turning on…",
  followedTitle: "Readers you follow",
  followedNone: "You follow nobody yet.",

  says: (told: Pick<NotificationView, "kind" | "reader" | "livestream" | "turn">, when: (at: string) => string) => {
    const name = told.reader.display_name;
    if (told.kind === "reader_online") return { title: `${name} is online`, body: "Free to talk now." };
    if (told.kind === "reader_live") return { title: `${name} is live`, body: told.livestream?.title ?? "" };
    if (told.kind === "livestream_coming") {
      const livestream = told.livestream;
      const at = livestream?.scheduled_at ? when(livestream.scheduled_at) : "";
      const title = livestream?.is_soon ? `${name} goes live soon` : `${name} announced a livestream`;
      return { title, body: [livestream?.title, at].filter(Boolean).join(" · ") };
    }
    const until = told.turn === null || told.turn === undefined ? "" : when(told.turn.until_at);
    return told.turn?.state === "missed"
      ? { title: `You missed your turn with ${name}`, body: `Your place in line is kept until ${until}.` }
      : { title: `It is your turn with ${name}`, body: `${name} is kept for you until ${until}.` };
  },
  offAction: "Turn these off",
};
