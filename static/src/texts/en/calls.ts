/** Calls and video: devices, picture, sound, and how they are spoken about. */
import type { MediaSupport } from "../../media/support";

export const callTexts = {
  unsupported: {
    insecure_page:
      "Calls need a secure address. This page was opened without https, so the browser keeps camera and microphone closed. Open the site with https, or choose a chat.",
    not_supported: "This browser cannot hold calls. Use a current Firefox, Chrome, Edge or Safari, or choose a chat.",
  } satisfies Record<Exclude<MediaSupport, "ok">, string>,
};
