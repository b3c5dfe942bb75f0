/** What one was told, the newest first. Looking at it is reading it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import { Avatar } from "../components/avatar";
import { Button } from "../components/button";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { usePageTitle } from "../hooks/page_title";
import type { NotificationView } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDay, formatShortAppointment, formatTime } from "../texts/formats";
import "../styles/notifications.css";

export default function NotificationsPage() {
  usePageTitle(texts.notifications.title);
  return <LoginGate>{() => <OwnList />}</LoginGate>;
}

function OwnList() {
  const { notifications } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const items = notifications.items.value;
  const attempt = async (work: () => Promise<void>) => {
    setProblem(null);
    await work().catch((error: unknown) => setProblem(asProblem(error)));
  };
  const load = () => attempt(() => notifications.reload());
  useEffect(() => {
    if (notifications.items.peek() === null) void load();
  }, []);
  useEffect(() => {
    if (document.visibilityState === "visible") void notifications.read().catch(() => undefined);
  }, [items?.[0]?.id]);
  // What was unread when it was first seen here stays marked for as long as the page is open.
  const fresh = useRef(new Set<string>());
  for (const one of items ?? []) if (one.read_at === null) fresh.current.add(one.id);
  return (
    <div class="stack narrow centered">
      <div class="row row--apart">
        <h1>{texts.notifications.title}</h1>
        <a class="button button--quiet" href="/account#notifications">
          {texts.notifications.choose}
        </a>
      </div>
      <ProblemNote problem={problem} onRetry={load} />
      {items === null && problem === null && <Skeleton shape="line" count={4} />}
      {items?.length === 0 && (
        <Empty title={texts.notifications.empty} hint={texts.notifications.emptyHint}>
          <a class="button" href="/">
            {texts.notifications.findReaders}
          </a>
        </Empty>
      )}
      {items !== null && items.length > 0 && (
        <ul class="told">
          {items.map((one) => (
            <Told key={one.id} notification={one} isNew={fresh.current.has(one.id)} />
          ))}
        </ul>
      )}
      {notifications.hasMore && (
        <div class="row centered">
          <Button onPress={() => attempt(() => notifications.loadMore())}>{texts.shell.showMore}</Button>
        </div>
      )}
    </div>
  );
}

function Told(props: { notification: NotificationView; isNew: boolean }) {
  const { notification } = props;
  const { title, body } = texts.notifications.says(notification, formatShortAppointment);
  return (
    <li>
      <a class={`told__item${props.isNew ? " told__item--new" : ""}`} href={notification.url}>
        <Avatar
          id={notification.reader.id}
          name={notification.reader.display_name}
          url={notification.reader.avatar_url}
          size="small"
        />
        <span class="grow told__text">
          <span class="told__title">{title}</span>
          {body && <span class="soft told__body">{body}</span>}
          <span class="faint">
            {formatDay(notification.created_at)}, {formatTime(notification.created_at)}
          </span>
        </span>
        {props.isNew && <span class="tag tag--notice">{texts.notifications.isNew}</span>}
      </a>
    </li>
  );
}
