/** Every browser and device that is logged in, each of which can be logged out from here. */

import { useLoaded } from "../hooks/loading";
import type { LoginView } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDateTime } from "../texts/formats";
import { Button } from "./button";
import { ProblemNote, Skeleton } from "./notes";

export function LoginDevices() {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.listLogins(), []);
  return (
    <section class="card stack">
      <h2>{texts.account.devices}</h2>
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {loaded.value === null && loaded.problem === null && <Skeleton shape="line" count={2} />}
      <ul class="line-list">
        {loaded.value?.items.map((login) => (
          <li key={login.id} class="line">
            <span class="grow">
              <span class="line__title">{deviceName(login.user_agent)}</span>
              <span class="line__facts faint">
                {[
                  login.is_current
                    ? texts.account.thisDevice
                    : texts.account.lastUsed(formatDateTime(login.last_used_at)),
                  login.ip_address,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            {!login.is_current && <Revoke login={login} onRevoked={loaded.reload} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Revoke(props: { login: LoginView; onRevoked: () => Promise<void> }) {
  const { resources, notices } = useServices();
  const revoke = async () => {
    await resources.revokeLogin(props.login.id).catch(() => undefined);
    await props.onRevoked();
    notices.say(texts.account.revoked);
  };
  return <Button onPress={revoke}>{texts.account.revoke}</Button>;
}

/** Good enough to recognise one's own; the order matters, because browsers name each other. */
function deviceName(userAgent: string | null): string {
  if (userAgent === null) return texts.account.unknownDevice;
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((name) => userAgent.includes(`${name}/`));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"].find((name) => userAgent.includes(name));
  if (browser === undefined) return userAgent.slice(0, 40);
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  const named = (word: string) => names[word] ?? word;
  return system === undefined ? named(browser) : texts.account.browserOn(named(browser), named(system));
}
