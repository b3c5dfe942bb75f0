/** From the browser's words for a refused device (Media Capture and Streams, `getUserMedia`) to ours. */
import type { DeviceProblem } from "./types";

export type DeviceKind = "camera" | "microphone";

/** `permission` is what the browser says about it after the refusal; null where it does not tell. */
export function deviceProblem(error: unknown, permission: PermissionState | null): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return permission === "prompt" ? "permission_dismissed" : "permission_denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "no_device";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "device_busy";
    case "TypeError":
    case "NotSupportedError":
      return "not_supported";
    default:
      return "unknown";
  }
}

export async function findPermissionState(
  kind: DeviceKind,
  permissions: Permissions | undefined,
): Promise<PermissionState | null> {
  try {
    return (await permissions?.query({ name: kind as PermissionName }))?.state ?? null;
  } catch {
    // A browser that does not know this question.
    return null;
  }
}
