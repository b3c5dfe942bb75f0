/** The way to what one was told, with how much of it is unread. */
import { Bell } from "lucide-preact";
import { useLocation } from "preact-iso";
import { useServices } from "../../services";
import { texts } from "../../texts";

export function BellLink() {
  const { login, notifications } = useServices();
  const { path } = useLocation();
  const unread = notifications.unread.value;
  if (login.user === null) return null;
  return (
    <a
      class="bell-link"
      href="/notifications"
      aria-label={texts.notifications.bell(unread)}
      aria-current={path === "/notifications" ? "page" : undefined}
    >
      <Bell size={22} aria-hidden="true" />
      {unread > 0 && (
        <span class="bell-link__count" aria-hidden="true">
          {texts.notifications.bellCount(unread)}
        </span>
      )}
    </a>
  );
}
