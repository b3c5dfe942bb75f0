/** Follows a reader, or ceases to; who is not logged in is sent to log in first and brought back. */
import { Heart } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem } from "../api/problems";
import type { FollowState } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { problemText } from "../texts/problem_text";
import "../styles/notifications.css";

export interface FollowButtonProps {
  readerId: string;
  name: string;
  /** null: nobody is logged in, or it is not known yet. */
  isFollowed: boolean | null;
  onChange?: (state: FollowState) => void;
}

export function FollowButton(props: FollowButtonProps) {
  const { login, resources, notices, push } = useServices();
  const { url } = useLocation();
  const [isFollowed, setFollowed] = useState(props.isFollowed ?? false);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => setFollowed(props.isFollowed ?? false), [props.isFollowed, props.readerId]);
  if (login.user?.id === props.readerId) return null;
  if (login.user === null) {
    return (
      <a
        class="button follow"
        href={`/login?next=${encodeURIComponent(url)}`}
        aria-label={texts.notifications.followOf(props.name)}
      >
        <Heart size={18} aria-hidden="true" />
        {texts.notifications.follow}
      </a>
    );
  }
  const change = async () => {
    if (isBusy) return;
    setBusy(true);
    try {
      const state = isFollowed ? await resources.unfollow(props.readerId) : await resources.follow(props.readerId);
      setFollowed(state.is_followed);
      props.onChange?.(state);
      if (!state.is_followed) notices.say(texts.notifications.notFollowing(props.name));
      else if (!push.offerAfterFollowing(props.name)) notices.say(texts.notifications.nowFollowing(props.name));
    } catch (error) {
      notices.say(problemText(asProblem(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      class={`button follow${isFollowed ? " follow--on" : ""}`}
      aria-pressed={isFollowed}
      aria-busy={isBusy}
      aria-label={isFollowed ? texts.notifications.followingOf(props.name) : texts.notifications.followOf(props.name)}
      onClick={() => void change()}
    >
      <Heart size={18} aria-hidden="true" />
      {isFollowed ? texts.notifications.following : texts.notifications.follow}
    </button>
  );
}
