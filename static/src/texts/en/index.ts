/** All user-visible English, by area. */
import { accountTexts } from "./account";
import { bookingTexts } from "./bookings";
import { callTexts } from "./calls";
import { deskTexts } from "./desk";
import { giftTexts } from "./gifts";
import { livestreamTexts } from "./livestreams";
import { moneyTexts } from "./money";
import { notificationTexts } from "./notifications";
import { problemTexts } from "./problems";
import { queueTexts } from "./queue";
import { readerTexts } from "./readers";
import { recordingTexts } from "./recordings";
import { roomTexts } from "./room";
import { shellTexts } from "./shell";
import { studioTexts } from "./studio";

export const en = {
  shell: shellTexts,
  problems: problemTexts,
  readers: readerTexts,
  notifications: notificationTexts,
  queue: queueTexts,
  bookings: bookingTexts,
  account: accountTexts,
  recordings: recordingTexts,
  room: roomTexts,
  calls: callTexts,
  money: moneyTexts,
  desk: deskTexts,
  studio: studioTexts,
  livestreams: livestreamTexts,
  gifts: giftTexts,
};
