/** Whether this browser, on this page, can hold a call at all; asked before anybody pays for finding out. */

export type MediaSupport = "ok" | "insecure_page" | "not_supported";

export function findMediaSupport(browser: Window & typeof globalThis): MediaSupport {
  // Browsers hide the devices from pages that came over an open line; only the machine's own address is excepted.
  if (browser.isSecureContext === false) return "insecure_page";
  const hasDevices = typeof browser.navigator.mediaDevices?.getUserMedia === "function";
  return hasDevices && typeof browser.RTCPeerConnection === "function" ? "ok" : "not_supported";
}
