/** On the account page: what one is told and how, whether this browser tells it, and whom one follows. */
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useLoaded, usePagedList } from "../../hooks/loading";
import type { FollowedReader, NotificationPreference } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Avatar } from "../avatar";
import { Button } from "../button";
import { FollowButton } from "../follow_button";
import { ProblemNote, Skeleton } from "../notes";
import "../../styles/notifications.css";

export function NotificationSettings() {
  const element = useRef<HTMLElement>(null);
  // The page is put together after the browser has looked for what the address points at.
  useEffect(() => {
    if (location.hash === "#notifications") element.current?.scrollIntoView();
  }, []);
  return (
    <section class="card stack" id="notifications" ref={element}>
      <h2>{texts.notifications.settingsTitle}</h2>
      <ThisBrowser />
      <Preferences />
      <Followed />
    </section>
  );
}

function ThisBrowser() {
  const { push } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const state = push.state.value;
  const attempt = async (change: () => Promise<void>) => {
    setProblem(null);
    await change().catch((error: unknown) => setProblem(asProblem(error)));
  };
  return (
    <div class="stack stack--tight">
      <h3>{texts.notifications.pushTitle}</h3>
      <p class="soft" role="status">
        {texts.notifications.push[state]}
      </p>
      <ProblemNote problem={problem} />
      {state === "off" && (
        <div>
          <Button busyText={texts.notifications.turningOn} onPress={() => attempt(() => push.turnOn())}>
            {texts.notifications.turnOnHere}
          </Button>
        </div>
      )}
      {state === "on" && (
        <div>
          <Button onPress={() => attempt(() => push.turnOff())}>{texts.notifications.turnOff}</Button>
        </div>
      )}
    </div>
  );
}

function Preferences() {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.notificationPreferences(), []);
  const [problem, setProblem] = useState<Problem | null>(null);
  const choose = async (chosen: NotificationPreference) => {
    setProblem(null);
    try {
      loaded.change(await resources.setNotificationPreferences([chosen]));
    } catch (error) {
      setProblem(asProblem(error));
      await loaded.reload();
    }
  };
  return (
    <div class="stack stack--tight">
      <p class="faint">{texts.notifications.settingsIntro}</p>
      <ProblemNote problem={problem ?? loaded.problem} onRetry={loaded.reload} />
      {loaded.value === null && loaded.problem === null && <Skeleton shape="line" count={4} />}
      {loaded.value !== null && (
        <table class="preferences">
          <thead>
            <tr>
              <th scope="col">{texts.notifications.kind}</th>
              <th scope="col">{texts.notifications.inPage}</th>
              <th scope="col">{texts.notifications.byPush}</th>
            </tr>
          </thead>
          <tbody>
            {loaded.value.items.map((item) => (
              <PreferenceRow key={item.kind} item={item} onChoose={choose} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function PreferenceRow(props: { item: NotificationPreference; onChoose: (item: NotificationPreference) => unknown }) {
  const { item } = props;
  const name = texts.notifications.kinds[item.kind];
  const box = (field: "in_page" | "by_push", label: string) => (
    <td>
      <label class="preferences__box">
        <input
          type="checkbox"
          aria-label={label}
          checked={item[field]}
          onChange={(event) => props.onChoose({ ...item, [field]: event.currentTarget.checked })}
        />
      </label>
    </td>
  );
  return (
    <tr>
      <th scope="row">{name}</th>
      {box("in_page", texts.notifications.inPageOf(name))}
      {box("by_push", texts.notifications.byPushOf(name))}
    </tr>
  );
}

function Followed() {
  const { resources } = useServices();
  const list = usePagedList<FollowedReader>((cursor) => resources.listFollows(cursor), []);
  return (
    <div class="stack stack--tight">
      <h3>{texts.notifications.followedTitle}</h3>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items?.length === 0 && <p class="soft">{texts.notifications.followedNone}</p>}
      <ul class="line-list">
        {list.items?.map((reader) => (
          <li key={reader.id} class="line">
            <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="small" />
            <a class="grow name" href={`/readers/${reader.id}`}>
              {reader.display_name}
            </a>
            <FollowButton readerId={reader.id} name={reader.display_name} isFollowed={true} />
          </li>
        ))}
      </ul>
      {list.hasMore && (
        <div>
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </div>
  );
}
