/** What the browser thinks about camera and microphone before anybody asks for them. */

export type Permission = "granted" | "denied" | "unasked";

/** "unasked" also where the browser does not tell: the question then comes with an explanation, which is never wrong. */
export async function findPermission(
  kinds: readonly ("camera" | "microphone")[],
  permissions: Permissions | undefined = navigator.permissions,
): Promise<Permission> {
  if (permissions === undefined) return "unasked";
  try {
    const states = await Promise.all(
      kinds.map(async (name) => (await permissions.query({ name: name as PermissionName })).state),
    );
    if (states.includes("denied")) return "denied";
    return states.every((state) => state === "granted") ? "granted" : "unasked";
  } catch {
    return "unasked";
  }
}
