/** Calls and video: devices, picture, sound, and how they are spoken about. */

import type { MediaSupport } from "../../media/support";
import type { DeviceProblem, QualityLevel } from "../../media/types";
import type { ConsultationType } from "../../protocol";

type DeviceKind = "camera" | "microphone";

interface ProblemWords {
  what: string;
  todo: string;
}

const SITE_SETTINGS = "Press the icon beside the address above, allow it there, then press “Try again”.";

export const deviceProblems: Record<DeviceKind, Record<DeviceProblem, ProblemWords>> = {
  camera: {
    permission_denied: { what: "The browser does not let this site use your camera.", todo: SITE_SETTINGS },
    permission_dismissed: {
      what: "The browser's question about your camera got no answer.",
      todo: "Press “Try again” and choose “Allow”.",
    },
    no_device: { what: "No camera was found.", todo: "Connect one and press “Try again”, or go on without it." },
    device_busy: {
      what: "Another program or tab is using your camera.",
      todo: "Close it there, then press “Try again”.",
    },
    device_lost: { what: "Your camera was disconnected.", todo: "Connect it again, or choose another one." },
    insecure_page: { what: "The browser gives no camera to pages without https.", todo: "Open the site with https." },
    not_supported: { what: "This browser cannot use a camera.", todo: "Go on without it, or use another browser." },
    unknown: {
      what: "Your camera could not be opened.",
      todo: "Close other programs that use it and press “Try again”.",
    },
  },
  microphone: {
    permission_denied: { what: "The browser does not let this site use your microphone.", todo: SITE_SETTINGS },
    permission_dismissed: {
      what: "The browser's question about your microphone got no answer.",
      todo: "Press “Try again” and choose “Allow”.",
    },
    no_device: { what: "No microphone was found.", todo: "Connect one, or a headset, and press “Try again”." },
    device_busy: {
      what: "Another program or tab is using your microphone.",
      todo: "Close it there, then press “Try again”.",
    },
    device_lost: { what: "Your microphone was disconnected.", todo: "Connect it again, or choose another one." },
    insecure_page: {
      what: "The browser gives no microphone to pages without https.",
      todo: "Open the site with https, or go on by chat.",
    },
    not_supported: {
      what: "This browser cannot use a microphone.",
      todo: "Use a current Firefox, Chrome, Edge or Safari, or go on by chat.",
    },
    unknown: {
      what: "Your microphone could not be opened.",
      todo: "Close other programs that use it and press “Try again”.",
    },
  },
};

export const callTexts = {
  unsupported: {
    insecure_page:
      "Calls need a secure address. This page was opened without https, so the browser keeps camera and microphone closed. Open the site with https, or choose a chat.",
    not_supported: "This browser cannot hold calls. Use a current Firefox, Chrome, Edge or Safari, or choose a chat.",
  } satisfies Record<Exclude<MediaSupport, "ok">, string>,
  deviceProblems,

  checkTitle: { call: "Check your microphone", video: "Check your camera and microphone" },
  explain: {
    call: "Your browser will ask whether this site may use your microphone. Choose “Allow”. Nobody hears you before you join.",
    video:
      "Your browser will ask whether this site may use your camera and microphone. Choose “Allow”. Nobody sees or hears you before you join.",
  },
  allow: { call: "Use my microphone", video: "Use my camera and microphone" },
  opening: { call: "Opening your microphone…", video: "Opening your camera and microphone…" },
  engineFailed: "The part of the app for calls could not be loaded. Check your connection.",
  preview: "Your picture, as in a mirror",
  cameraIsOff: "Your camera is off",
  camera: "Camera",
  microphone: "Microphone",
  speaker: "Speaker",
  level: "How loud you are",
  levelHint: "Say a few words: the bar moves when we hear you.",
  testSpeaker: "Play a sound",
  testSpeakerHint: "No sound? Turn the volume up, or choose another speaker.",
  devicesAndSound: "Devices and sound test",
  skipCheck: "Next time join at once, without this check",
  join: { call: "Join with sound", video: "Join" },
  joinToListen: "Join without microphone: listen and write",
  joinWithoutCamera: "Join without camera",
  joinWhenAnswered: (name: string) => `Join when ${name} answers`,
  readyRinging: (name: string) => `You are ready. The call opens the moment ${name} answers.`,
  byChat: (price: string) => `Go on by chat${price}`,
  nothingChargedYet: "The clock has not started; nothing is charged while you do this.",

  stageLabel: { call: "The call", video: "The video" },
  waitingFor: (name: string) => `Waiting for ${name} to join…`,
  connecting: "Connecting sound and picture…",
  connectingSound: "Connecting the sound…",
  reconnecting: "The connection is weak. Connecting again…",
  failedTitle: "Sound and picture could not be connected",
  failedHint: "A network between you may block calls. Trying again often helps; by chat it always works.",
  tryAgain: "Try again",
  held: "Sound and picture rest while the clock stands.",
  heldSound: "The sound rests while the clock stands.",
  cameraOffOf: (name: string) => `${name}'s camera is off`,
  pictureOf: (name: string) => `Picture of ${name}`,
  ownPicture: "Your own picture",
  ownScreen: "The screen that you share",
  ownPictureRests: "Your picture rests",
  sharing: "You are sharing your screen",
  soundBlocked: "Your browser waits for a press before it plays sound.",
  hear: "Turn the sound on",
  atRate: (mode: string, rate: string) => `${mode} · ${rate}/min`,
  quality: {
    good: "Good connection",
    fair: "Fair connection",
    poor: "Poor connection",
    unknown: "Measuring the connection…",
  } satisfies Record<QualityLevel, string>,
  qualityShort: { good: "Good", fair: "Fair", poor: "Poor", unknown: "…" } satisfies Record<QualityLevel, string>,
  details: "Connection",
  roundTrip: (ms: string) => `There and back: ${ms} ms`,
  loss: (percent: string) => `Lost on the way: ${percent} %`,
  received: (kbps: string) => `Received: ${kbps} kbit/s`,
  sent: (kbps: string) => `Sent: ${kbps} kbit/s`,
  relayed: "Through our relay server, still encrypted between you two",
  direct: "Directly between you two",

  controls: "Controls of the call",
  mute: "Mute",
  unmute: "Unmute",
  stopVideo: "Stop video",
  startVideo: "Start video",
  share: "Share",
  stopSharing: "Stop sharing",
  devices: "Devices",
  popOut: "Pop out",
  popIn: "Pop in",
  poppedOut: "The picture is in a small window.",
  chat: "Chat",
  chatUnread: (count: number) => `Chat, ${count} unread`,
  closeChat: "Close the chat",
  newMessage: (name: string) => `New message from ${name}`,
  more: "More",
  muted: "Your microphone is off.",
  unmuted: "Your microphone is on.",
  videoStopped: "Your camera is off.",
  videoStarted: "Your camera is on.",

  modeTitle: "How you talk",
  goOn: { chat: "Go on by chat", call: "Go on with sound only", video: "Go on with picture" } satisfies Record<
    ConsultationType,
    string
  >,
  goUp: { chat: "Go on by chat", call: "Go on with sound", video: "Go on with picture" } satisfies Record<
    ConsultationType,
    string
  >,
  suggest: { chat: "Go on by chat", call: "Suggest a call", video: "Suggest a video" } satisfies Record<
    ConsultationType,
    string
  >,
  fromNextMinute: (rate: string) => `From the next minute ${rate}`,
  samePrice: (rate: string) => `Still ${rate} a minute`,
  confirmTitle: { call: "Go on with sound?", video: "Go on with picture?" },
  confirmPrice: (now: string, next: string) => `It costs ${next} a minute instead of ${now}, from the next minute on.`,
  confirmSame: (now: string) => `It still costs ${now} a minute.`,
  agree: (rate: string) => `Go on at ${rate} a minute`,
  stay: "Stay as it is",
  proposed: {
    call: (name: string, rate: string) =>
      `${name} suggests to go on with sound, at ${rate} a minute from the next minute on.`,
    video: (name: string, rate: string) =>
      `${name} suggests to go on with picture, at ${rate} a minute from the next minute on.`,
  },
  proposedByYou: {
    call: (name: string) => `You suggested to go on with sound. ${name} is asked.`,
    video: (name: string) => `You suggested to go on with picture. ${name} is asked.`,
  },
  takeBack: "Take it back",
  notNow: "Not now",
  nowBy: {
    chat: (rate: string) => `You go on by chat, at ${rate} a minute.`,
    call: (rate: string) => `You go on with sound only, at ${rate} a minute.`,
    video: (rate: string) => `You go on with picture, at ${rate} a minute.`,
  } satisfies Record<ConsultationType, (rate: string) => string>,

  safetyWords: "Safety words",
  safetyIntro: (name: string) =>
    `Sound and picture are encrypted from your browser to ${name}'s. To be sure that nobody listens in between, compare these words.`,
  safetyHow: (name: string) =>
    `Read them to ${name} aloud. If ${name} sees the same four words in the same order, nobody is in between. If they differ, end the call.`,
  safetyWaiting: "The words appear once you two are connected.",

  shortcuts: "Keyboard: M for the microphone, V for the camera",
  elsewhereTitle: "You are in this call on another device",
  elsewhereHint: "Sound and picture run there. Here you can write, or take the call over.",
  takeOver: "Take the call over here",
  devicesTitle: "Camera, microphone, speaker",
  done: "Done",
  pictureAgain: (name: string) => `${name} went on with picture. Your camera is off until you start it.`,
};
