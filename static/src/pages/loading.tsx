/** Pages are files of their own. One that cannot be loaded says so; one that a newer version replaced brings a reload. */
import type { ComponentType } from "preact";
import { lazy } from "preact-iso";
import { Empty } from "../components/notes";
import { texts } from "../texts";

const RELOADED_AT = "soulseer.reloaded_at";
const RELOAD_AGAIN_AFTER_MS = 30_000;

export function lazyPage(load: () => Promise<{ default: ComponentType }>) {
  return lazy(() =>
    load().catch(async () => {
      await reloadIfReplaced();
      return { default: PageFailed };
    }),
  );
}

export function PageFailed() {
  return (
    <Empty title={texts.shell.pageFailed} hint={texts.shell.pageFailedHint}>
      <button type="button" class="button button--primary" onClick={() => location.reload()}>
        {texts.shell.reload}
      </button>
    </Empty>
  );
}

/** With the server there and the file gone, a newer version was put up; without the server a reload would lose the page. */
async function reloadIfReplaced(): Promise<void> {
  const isRecent = Date.now() - Number(sessionStorage.getItem(RELOADED_AT) ?? 0) < RELOAD_AGAIN_AFTER_MS;
  const isServerThere = await fetch("/healthz").then(
    (answer) => answer.ok,
    () => false,
  );
  if (isRecent || !isServerThere) return;
  sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  location.reload();
}
